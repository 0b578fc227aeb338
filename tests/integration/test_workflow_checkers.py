"""The strictest public checkers over what is generated, for the defaults and a dozen variants.

Each checker is started once for all of them, which takes it no longer than for one.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import faces
import generation
import pytest
import workspaces
from views import FILES, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The generated files of every variant, each in a repository of its own."""
    folder = tmp_path_factory.mktemp("variants")
    found = {}
    for name, settings in VARIANTS.items():
        tree = folder / name
        planned = generation.texts(tree, settings, FILES)
        workspaces.write_files(tree, planned)
        (tree / ".git").mkdir()  # actionlint looks for workflows that are called from there
        found[name] = tree
    return found


def files_of(trees: Mapping[str, Path], pattern: str) -> list[str]:
    return sorted(str(path) for tree in trees.values() for path in tree.glob(f".github/{pattern}"))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, capture_output=True, text=True, check=False, env=faces.clean_environment()
    )


@pytest.fixture(scope="module")
def zizmor(trees: dict[str, Path], require_tool: Callable[[str], Path]) -> list[str]:
    """What zizmor says: rule and place."""
    program = str(require_tool("zizmor"))
    options = ("--persona=auditor", "--offline", "--no-progress", "--strict-collection")
    inputs = [str(tree / ".github") for tree in trees.values()]
    ended = run(program, *options, "--format=json", *inputs)
    assert ended.returncode in {0, 11, 12, 13, 14}, ended.stderr
    return [
        f"{finding['ident']}: {json.dumps(finding['locations'][0]['symbolic']['key'])}"
        for finding in json.loads(ended.stdout)
    ]


SCHEMAS = {
    "vendor.github-workflows": "workflows/*.yml",
    "custom.github-workflows-require-timeout": "workflows/*.yml",
    "vendor.github-actions": "actions/*/action.yml",
    "vendor.dependabot": "dependabot.yml",
}


@pytest.fixture(scope="module")
def schemas(trees: dict[str, Path], require_tool: Callable[[str], Path]) -> list[str]:
    """What check-jsonschema says, of every schema: file, path, message."""
    program = str(require_tool("check-jsonschema"))
    found: list[str] = []
    for schema, pattern in SCHEMAS.items():
        files = files_of(trees, pattern)
        ended = run(program, "-o", "json", "--builtin-schema", schema, *files)
        answer: dict[str, Any] = json.loads(ended.stdout)
        assert answer.get("checked_paths", files) == files
        rows = [*answer.get("errors", ()), *answer.get("parse_errors", ())]
        found += [f"{row['filename']}: {row.get('path')}: {row.get('message')}" for row in rows]
        assert (answer["status"] == "ok") == (not rows)
    return found


@pytest.fixture(scope="module")
def actionlint(trees: dict[str, Path], require_tool: Callable[[str], Path]) -> list[str]:
    """What actionlint says, and shellcheck through it: file, line, message."""
    program = str(require_tool("actionlint"))
    # Where shellcheck is on PATH it reads every script, too.
    ended = run(program, "-format", "{{json .}}", *files_of(trees, "workflows/*.yml"))
    assert ended.returncode in {0, 1}, ended.stderr
    return [
        f"{row['filepath']}:{row['line']}: {row['message']}"
        for row in json.loads(ended.stdout) or ()
        if not NOT_KNOWN_YET.search(row["message"])
    ]


NOT_KNOWN_YET = re.compile(
    r'specifying action "\$/\.github/actions/setup-env" in invalid format because ref is missing'
    r'|reusable workflow call "\$/\.github/workflows/[\w-]+\.yml" at "uses" is not following'
)
"""actionlint 1.7.12 is older than references of the form `$/`; nothing else is left out."""


@pytest.mark.parametrize("checker", ["zizmor", "schemas", "actionlint"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_checker_finds_nothing(
    request: pytest.FixtureRequest, variant: str, checker: str
) -> None:
    findings: list[str] = request.getfixturevalue(checker)

    assert [text for text in findings if f"/{variant}/.github/" in text] == []


@pytest.mark.parametrize("checker", ["zizmor", "schemas", "actionlint"])
def test_every_finding_is_one_of_a_variant(request: pytest.FixtureRequest, checker: str) -> None:
    assert request.getfixturevalue(checker) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_silenced_within_a_file(trees: dict[str, Path], variant: str) -> None:
    for file in (trees[variant] / ".github").rglob("*.yml"):
        assert "zizmor: ignore" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("variant", VARIANTS)
def test_scripts_are_bash_without_any_expression(trees: dict[str, Path], variant: str) -> None:
    for file in (trees[variant] / ".github").rglob("*.yml"):
        document = generation.read(file.read_text(encoding="utf-8"))
        jobs = (
            document.get("jobs", {}).values() if "jobs" in document else [document.get("runs", {})]
        )
        for step in (step for job in jobs for step in job.get("steps", ())):
            if "run" in step:
                assert "${{" not in step["run"]
                ended = run("bash", "-n", "-c", step["run"])
                assert ended.returncode == 0, ended.stderr


def test_a_checker_would_find_something(
    tmp_path: Path, require_tool: Callable[[str], Path]
) -> None:
    """That nothing is found means something: the same calls on a file with a known fault."""
    text = generation.texts(tmp_path)[".github/workflows/ci-success.yml"]
    broken = text.replace("inputs.results", "github.event.pull_request.titel").replace(
        "    timeout-minutes: 5\n", ""
    )
    file = tmp_path / ".github" / "workflows" / "broken.yml"
    workspaces.write_files(tmp_path, {str(file.relative_to(tmp_path)): broken})

    schema = "custom.github-workflows-require-timeout"
    found = run(str(require_tool("check-jsonschema")), "--builtin-schema", schema, str(file))
    assert found.returncode == 1
    broken = broken.replace("failed=0", "failed=${{ github.event.pull_request.title }}")
    file.write_text(broken, encoding="utf-8")
    assert run(str(require_tool("actionlint")), str(file)).returncode == 1
    assert run(str(require_tool("zizmor")), "--offline", str(file)).returncode == 14
