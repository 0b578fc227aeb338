"""Texts of the settings never become shell or workflow code: quoted right, or refused."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import generation
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasker_ci.errors import SettingsError
from tasker_ci.workflows.checked import (
    BRANCH,
    INPUT_NAME,
    JOB_NAME,
    LABEL,
    PATH,
    PERMISSION,
    PYTHON,
    TOOLCHAIN,
    checked,
    checked_all,
    shell_words,
)

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    'a"b',
    "a'b",
    "a`id`b",
    "a$(id)b",
    "a${HOME}b",
    "a$HOME",
    "${{ github.token }}",
    "a${{github.token}}b",
    "a\nb",
    "a\r\nb",
    "a\x00b",
    "a\x1bb",
    "a\x85b",
    "a\u2028b",
    "a; id",
    "a | id",
    "a && id",
    "a\\b",
    "",
    " ",
]
IN_SCRIPTS = st.text(
    st.one_of(
        st.sampled_from("'\"`$(){}\\! \t;&|<>*?[]#~=%-"),
        st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]),
    )
)


# Quoted


@settings(max_examples=60)
@given(words=st.lists(IN_SCRIPTS.filter(lambda word: "\t" not in word), min_size=1, max_size=20))
def test_bash_gets_the_words_of_a_command_back(words: list[str]) -> None:
    script = "printf '%s\\0' " + shell_words(words, setting="workflows.install")

    answer = subprocess.run(["bash", "-euc", script], capture_output=True, check=True)

    assert answer.stdout.decode().split("\0")[:-1] == words


@given(words=st.lists(st.text(st.sampled_from("${}'a ")), min_size=1))
def test_github_finds_no_expression_in_them(words: list[str]) -> None:
    assert "${{" not in shell_words(words, setting="workflows.install")


def test_an_expression_reaches_bash_as_text(tmp_path: Path) -> None:
    text = shell_words(["printf", "%s", "${{ github.token }}"], setting="workflows.install")

    assert generation.run_script(text, tmp_path, {}).text == "${{ github.token }}"


@pytest.mark.parametrize("words", [[], ["a\nb"], ["a", "\r"], ["\x00"], ["a\u2028"]])
def test_what_is_no_command_for_one_line_is_refused(words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        shell_words(words, setting="workflows.install")

    assert "`workflows.install`" in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("word", [word for word in HOSTILE if word.isprintable()])
def test_the_install_command_runs_as_it_was_written(tmp_path: Path, word: str) -> None:
    text = f"workflows.install = {json.dumps(['printf', '[%s]', word])}\n"
    documents = generation.workflows(tmp_path, text)

    for name in ("drift", "quality", "unit"):
        file = {"drift": "ci.yml", "quality": "code-quality.yml", "unit": "test-unit.yml"}[name]
        script = generation.step_of(documents[file]["jobs"][name], "Install the sessions")["run"]
        assert "${{" not in script
        assert generation.run_script(script, tmp_path, {}).text == f"[{word}]"


# Checked

PATTERNS = {
    "job": JOB_NAME,
    "input": INPUT_NAME,
    "toolchain": TOOLCHAIN,
    "label": LABEL,
    "python": PYTHON,
    "branch": BRANCH,
    "path": PATH,
    "permission": PERMISSION,
}


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize(
    "text", [text for text in HOSTILE if not set(text) & set(";|&") and text.strip()]
)
def test_no_pattern_takes_what_could_be_code(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=r"`some\.setting` cannot stand in a workflow"):
        checked(text, PATTERNS[name], setting="some.setting", what=name)


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (TOOLCHAIN, ["stable", "1.80", "nightly-2026-01-01", "stable-x86_64-unknown-linux-gnu"]),
        (LABEL, ["ubuntu-24.04", "self-hosted", "big runner"]),
        (PYTHON, ["3.12", "3.13t", "pypy3.11"]),
        (BRANCH, ["main", "release/**", "feature/#1", "v1.*", "entwürfe", "!old", "a-b_c"]),
        (PATH, ["docker/db/Dockerfile", "my folder/x", ".config/a", "größe", "a&b;c", "../x"]),
        (PERMISSION, ["contents: read", "id-token: write", "packages:none"]),
        (JOB_NAME, ["deploy", "_x", "a-b_1", "a" * 99]),
        (INPUT_NAME, ["__x", "a" * 100]),
        (PERMISSION, ["artifact-metadata: write", "code-quality: read", "models: read"]),
        (PERMISSION, ["repository-projects: none", "vulnerability-alerts: read"]),
        (PERMISSION, ["copilot-requests: write"]),
    ],
)
def test_what_people_write_is_taken(pattern: re.Pattern[str], texts: list[str]) -> None:
    assert checked_all(texts, pattern, setting="x", what="x") == tuple(texts)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (PATH, "#note"),  # a comment in a list of globs
        (PATH, "~/x"),
        (PATH, "-rf"),
        (PATH, " x"),
        (PATH, "x "),
        (PATH, "a/*.yml"),
        (PATH, "!a"),
        (PATH, "a,b"),
        (BRANCH, "a..b"),
        (BRANCH, "/a"),
        (BRANCH, "a/"),
        (BRANCH, "a b"),
        (BRANCH, "a[b]"),
        (BRANCH, "?a"),
        (BRANCH, "a@{b"),
        (TOOLCHAIN, "-x"),
        (TOOLCHAIN, "/opt/rust"),
        (JOB_NAME, "1a"),
        (JOB_NAME, "__x"),
        (JOB_NAME, "a" * 100),
        (PERMISSION, "models: write"),
        (PERMISSION, "vulnerability-alerts: write"),
        (PERMISSION, "copilot-requests: read"),
    ],
)
def test_what_means_something_else_there_is_refused(pattern: re.Pattern[str], text: str) -> None:
    with pytest.raises(SettingsError):
        checked(text, pattern, setting="x", what="x")


def test_a_list_may_not_be_empty_and_names_nothing_twice() -> None:
    with pytest.raises(SettingsError, match="`x` is empty"):
        checked_all((), TOOLCHAIN, setting="x", what="toolchain")

    assert checked_all(("a", "b", "a"), TOOLCHAIN, setting="x", what="toolchain") == ("a", "b")


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ('history.folder = "a/../../x"', "history.folder"),
        ('history.folder = ".."', "history.folder"),
        ('bench.folder = "../x"\nbench.pipeline = true', "bench.folder"),
        ('integration.database.image-file = "../other/Dockerfile"', "image-file"),
        ("integration.database.image-file = 'ABSOLUTE'", "image-file"),
    ],
)
def test_a_place_outside_the_checkout_is_refused_where_no_job_can_use_it(
    tmp_path: Path, setting: str, place: str
) -> None:
    other = tmp_path / "other" / "Dockerfile"
    other.parent.mkdir()
    other.write_text("FROM scratch\n", encoding="utf-8")
    text = setting.replace("ABSOLUTE", str(other))

    with pytest.raises(SettingsError, match="leads out of the checkout") as caught:
        yaml_files(tmp_path / "project", text)

    assert place in caught.value.message


def test_what_leads_out_of_a_folder_and_not_of_the_checkout_is_written_without_the_way(
    tmp_path: Path,
) -> None:
    settings = 'workspace = "rust"\nhistory.folder = "./a/../kept"\n'
    database = 'integration.database.image-file = "../docker/db/Dockerfile"\n'

    (tmp_path / "rust").mkdir()

    text = "".join(yaml_files(tmp_path, settings + database).values())

    assert "hashFiles('docker/db/**')" in text
    assert "path: kept\n" in text


@pytest.mark.parametrize("branches", ["['!old']", "['!old', '!release/**']"])
def test_branches_that_are_all_left_out_would_start_nothing(tmp_path: Path, branches: str) -> None:
    with pytest.raises(SettingsError, match=r"`workflows\.branches` has only"):
        yaml_files(tmp_path, f"workflows.branches = {branches}")

    assert yaml_files(tmp_path, "workflows.branches = ['release/**', '!release/0']")


# Everything that goes into a file

CALLED = "[workflows.own.extra]\npath = '.github/workflows/extra.yml'\nafter = 'unit'\n"

SETTINGS_WITH_TEXT = (
    "workflows.branches = [TEXT]",
    "workflows.runner = [TEXT]",
    "workflows.python = TEXT",
    "workflows.install = [TEXT]",
    "workflows.toolchains = ['stable', TEXT]",
    "workflows.runners = ['macos-15', TEXT]",
    "toolchain = TEXT",
    "workspace = TEXT",
    "integration.database.image-file = TEXT",
    "integration.database.fallback-image = TEXT",
    "[workflows.own.TEXT]\npath = '.github/workflows/extra.yml'\nafter = 'unit'",
    "[workflows.own.extra]\npath = TEXT\nafter = 'unit'",
    "[workflows.own.extra]\npath = '.github/workflows/extra.yml'\nafter = TEXT",
    "[workflows.own.a]\npermissions = [TEXT]\npath = '.github/workflows/extra.yml'\nafter = 'unit'",
    "[pins.'actions/checkout']\nversion = TEXT\ncommit = '" + "a" * 40 + "'",
    "[pins.'actions/checkout']\nversion = 'v1.2.3'\ncommit = TEXT",
    "[pins.TEXT]\nversion = 'v1.2.3'\ncommit = '" + "a" * 40 + "'",
    f"{CALLED}inputs.level = TEXT",
    f"{CALLED}inputs.TEXT = 'a'",
    f"{CALLED}secrets.TOKEN = TEXT",
    "history.folder = TEXT",
    "bench.folder = TEXT\nbench.pipeline = true",
    "scan.images = [TEXT]\nscan.pipeline = true",
    "[environment.variables]\nVALUE = TEXT",
    "[environment.variables]\nTEXT = 'value'",
)


HOSTILE_TOGETHER = [
    "a\"b'c\\",
    "a`id`$(id)$HOME",
    "${{ github.token }}",
    "a${{github.token}}b",
    "a\nb",
    "a\r\x1b\x00\u2028b",
    "a; id && x | y",
]


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of the same project without any text of the settings."""
    return yaml_files(tmp_path_factory.mktemp("plain"), "")


@pytest.mark.parametrize("setting", SETTINGS_WITH_TEXT)
@pytest.mark.parametrize("text", HOSTILE_TOGETHER, ids=ascii)
def test_a_hostile_text_is_data_in_every_file_or_refused(
    tmp_path: Path, harmless: dict[str, str], setting: str, text: str
) -> None:
    try:
        hostile = yaml_files(tmp_path, setting.replace("TEXT", json.dumps(text)))
    except SettingsError:
        return

    for path, file in hostile.items():
        assert file.isprintable() or set(file) - {"\n"} == set(filter(str.isprintable, file))
        if file == harmless[path]:
            continue
        document = generation.read(file)
        assert all("${{" not in script for script in scripts_of(document))
        ours = expressions_of(generation.read(harmless[path]))
        assert expressions_of(document) <= ours | OWN_EXPRESSIONS


OWN_EXPRESSIONS = {"${{ needs.extra.result }}"}


def yaml_files(folder: Path, setting: str) -> dict[str, str]:
    files = {
        **generation.DOCKERFILE,
        ".github/workflows/extra.yml": "on: {workflow_call: {inputs: {level: {type: string}}, "
        "secrets: {TOKEN: {}}}}\njobs: {}\n",
    }
    base = 'integration.targets = ["sample::end_to_end"]\nintegration.database.service = "db"\n'
    found = generation.texts(folder, f"{base}{setting}\n", files)
    return {path: text for path, text in found.items() if path.endswith(".yml")}


def scripts_of(node: Any) -> list[str]:
    """Every `run:` of a file, wherever it stands."""
    if isinstance(node, dict):
        own = [node["run"]] if isinstance(node.get("run"), str) else []
        return own + [script for value in node.values() for script in scripts_of(value)]
    return (
        [script for item in node for script in scripts_of(item)] if isinstance(node, list) else []
    )


def expressions_of(node: Any) -> set[str]:
    """Every expression that GitHub would evaluate."""
    if isinstance(node, dict):
        return set().union(*map(expressions_of, (*node, *node.values())), set())
    if isinstance(node, list):
        return set().union(*map(expressions_of, node), set())
    return set(re.findall(r"\$\{\{.*?\}\}", node, re.DOTALL)) if isinstance(node, str) else set()
