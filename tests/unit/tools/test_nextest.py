"""nextest's files and words, without nextest."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath

import pytest

from tasker_ci.errors import AccessError
from tasker_ci.sessions import load_settings
from tasker_ci.tools.nextest import (
    Configuration,
    exactly,
    has_filterset,
    listing,
    read_configuration,
    runs_nothing,
    tool_configuration,
)
from tasker_ci.workflows.nextest import edited

ROOT = Path("/w")


def junit_file(text: str, profile: str) -> str:
    configuration = Configuration(file=None, document=tomllib.loads(text))
    return str(configuration.junit_file(ROOT, profile).relative_to(ROOT))


@pytest.mark.parametrize(
    ("text", "profile", "file"),
    [
        pytest.param("", "default", "target/nextest/default/junit.xml", id="ours"),
        pytest.param("", "ci", "target/nextest/ci/junit.xml", id="ours, profile that is not there"),
        pytest.param(
            '[profile.ci.junit]\npath = "own.xml"', "ci", "target/nextest/ci/own.xml", id="own"
        ),
        pytest.param(
            '[profile.ci.junit]\npath = "target/nextest/ci/junit.xml"',
            "ci",
            "target/nextest/ci/target/nextest/ci/junit.xml",
            id="joined, as nextest joins it",
        ),
        pytest.param(
            '[profile.ci.junit]\npath = "own.xml"',
            "default",
            "target/nextest/default/junit.xml",
            id="of another profile",
        ),
        pytest.param(
            '[profile.default.junit]\npath = "all.xml"',
            "local",
            "target/nextest/local/all.xml",
            id="inherited from default",
        ),
        pytest.param(
            '[profile.a]\ninherits = "b"\n[profile.b]\ninherits = "c"\n'
            '[profile.c.junit]\npath = "c.xml"\n[profile.default.junit]\npath = "d.xml"',
            "a",
            "target/nextest/a/c.xml",
            id="a chain",
        ),
        pytest.param(
            '[profile.a]\ninherits = "b"\n[profile.b]\n[profile.default.junit]\npath = "d.xml"',
            "a",
            "target/nextest/a/d.xml",
            id="a chain that ends in default",
        ),
        pytest.param(
            '[profile.a]\ninherits = "b"\n[profile.b]\ninherits = "a"',
            "a",
            "target/nextest/a/junit.xml",
            id="a circle, which nextest refuses itself",
        ),
        pytest.param('[store]\ndir = "out"', "ci", "out/ci/junit.xml", id="store.dir"),
        pytest.param("profile = 3\nstore = 4", "ci", "target/nextest/ci/junit.xml", id="nonsense"),
    ],
)
def test_the_effective_junit_file_is_where_nextest_writes_it(
    text: str, profile: str, file: str
) -> None:
    assert junit_file(text, profile) == file


def test_an_absolute_path_of_the_project_is_kept() -> None:
    configuration = Configuration(
        file=None, document={"profile": {"ci": {"junit": {"path": "/reports/j.xml"}}}}
    )
    assert configuration.junit_file(ROOT, "ci") == Path("/reports/j.xml")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("project", "project/rust"):
        configuration = tmp_path / folder / ".config"
        configuration.mkdir(parents=True)
        (configuration / "nextest.toml").write_text(
            f'[profile.ci.junit]\npath = "{Path(folder).name}.xml"\n', encoding="utf-8"
        )
    (tmp_path / "project" / "rust" / "mine.toml").write_text(
        '[profile.ci.junit]\npath = "mine.xml"\n', encoding="utf-8"
    )
    return tmp_path / "project"


def test_the_file_in_the_workspace_is_found_by_nextest_itself(project: Path) -> None:
    configuration = read_configuration(project, project, ())
    assert configuration.arguments() == (
        "--tool-config-file",
        f"tasker-ci:{tool_configuration(whole=False)}",
    )
    assert configuration.junit_file(project, "ci").name == "project.xml"


def test_the_projects_file_is_handed_over_when_the_workspace_lies_elsewhere(project: Path) -> None:
    configuration = read_configuration(project, project / "rust", ())
    assert configuration.arguments()[:2] == (
        "--config-file",
        str(project / ".config" / "nextest.toml"),
    )
    assert configuration.junit_file(project / "rust", "ci").name == "project.xml"


def test_without_a_file_of_the_project_the_workspaces_own_counts(project: Path) -> None:
    (project / ".config" / "nextest.toml").unlink()
    configuration = read_configuration(project, project / "rust", ())
    assert configuration.file is None
    assert configuration.junit_file(project / "rust", "ci").name == "rust.xml"


@pytest.mark.parametrize(
    "words", [("--config-file", "mine.toml"), ("-j2", "--config-file=mine.toml", "-v")]
)
def test_the_file_that_the_user_hands_over_wins_and_is_handed_over_once(
    project: Path, words: tuple[str, ...]
) -> None:
    configuration = read_configuration(project, project / "rust", words)
    assert "--config-file" not in configuration.arguments()
    assert configuration.junit_file(project / "rust", "ci").name == "mine.xml"


def test_a_byte_order_mark_is_passed_over_as_nextest_does(tmp_path: Path) -> None:
    file = tmp_path / ".config" / "nextest.toml"
    file.parent.mkdir()
    file.write_bytes(b'\xef\xbb\xbf[profile.ci.junit]\npath = "own.xml"\n')
    found = read_configuration(tmp_path, tmp_path, ())
    assert found.junit_file(tmp_path, "ci") == tmp_path / "target" / "nextest" / "ci" / "own.xml"


@pytest.mark.parametrize("content", [b"[profile", b"\xff", None])
def test_a_file_that_is_no_toml_is_left_for_nextest_to_complain(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / ".config" / "nextest.toml"
    file.parent.mkdir()
    if content is not None:
        file.write_bytes(content)
    assert read_configuration(tmp_path, tmp_path, ()).document == {}


REPORT = {"path": "junit.xml", "report-skipped": "ignored"}


def test_our_own_file_has_what_sync_would_write_and_a_report_of_every_profile() -> None:
    document = tomllib.loads(tool_configuration(whole=True).read_text(encoding="utf-8"))
    edit = edited(None, load_settings(Path("/nonexistent"), {}), path=PurePosixPath("x"))
    expected = tomllib.loads(edit.text)
    expected["profile"]["default"]["junit"] = REPORT
    expected["profile"]["default"]["failure-output"] = "never"  # the summary shows it
    del expected["profile"]["ci"]["junit"]  # inherited
    assert document == expected


def test_beside_profiles_of_the_project_our_own_file_has_nothing_but_the_report() -> None:
    # nextest merges tables key by key, and asks our `ci` before the project's `default`.
    document = tomllib.loads(tool_configuration(whole=False).read_text(encoding="utf-8"))
    default = {"failure-output": "never", "junit": REPORT}
    assert document == {"profile": {"default": default, "ci": {}, "local": {}}}


@pytest.mark.parametrize("text", ["", "nextest-version = '0.9.100'", "[test-groups]"])
def test_a_configuration_without_profiles_is_run_with_all_of_ours(text: str) -> None:
    configuration = Configuration(file=None, document=tomllib.loads(text))
    assert configuration.arguments()[-1] == f"tasker-ci:{tool_configuration(whole=True)}"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), False),
        (("-E", "all()"), True),
        (("-Eall()",), True),
        (("--filterset", "all()"), True),
        (("--filterset=all()",), True),
        (("--filter-expr", "all()"), True),
        (("-j2", "name"), False),
        (("--exclude", "core"), False),
        (("-j2", "--", "-E", "all()"), False),
    ],
)
def test_a_filterset_of_the_user_is_seen(words: tuple[str, ...], found: bool) -> None:
    assert has_filterset(words) is found


@pytest.mark.parametrize(
    ("name", "matcher"),
    [
        ("tests::a", "=tests::a"),
        ("a, b (c)", r"=a\, b (c\)"),
        ("a/b\\c", r"=a\/b\\c"),
    ],
)
def test_a_name_is_matched_exactly_whatever_a_harness_puts_in_it(name: str, matcher: str) -> None:
    assert exactly(name) == matcher


@pytest.mark.parametrize(
    ("words", "nothing"),
    [((), False), (("--no-run",), True), (("-j2", "-h"), True), (("--", "--help"), False)],
)
def test_words_by_which_nothing_runs_are_known(words: tuple[str, ...], nothing: bool) -> None:
    assert runs_nothing(words) is nothing


def test_a_run_becomes_a_listing_of_the_same_selection() -> None:
    run = (
        "cargo +beta nextest run --profile ci --package run --no-fail-fast --color never "
        "-E all() --retries 2 -j4 --status-level=all --test-threads 1 --no-tests pass word "
        "-- --skip run --no-capture"
    )
    assert " ".join(listing(tuple(run.split()))) == (
        "cargo +beta nextest list --color never --profile ci --package run -E all() word "
        "-- --skip run --no-capture"
    )


class TestTheStore:
    """nextest keeps its files in ``target`` of the workspace, wherever cargo builds."""

    def configuration(self, text: str = "") -> Configuration:
        return Configuration(file=None, document=tomllib.loads(text))

    def test_it_goes_with_cargo_s_target_directory(self, tmp_path: Path) -> None:
        stored = self.configuration().stored_in(tmp_path / 'a "b"', ROOT)
        assert stored.junit_file(ROOT, "ci") == tmp_path / 'a "b"' / "nextest" / "ci" / "junit.xml"
        assert stored.arguments()[-1] == f"tasker-ci-store:{stored.store_file}"
        stored.write_store()
        assert stored.store_file is not None
        document = tomllib.loads(stored.store_file.read_text(encoding="utf-8"))
        assert document == {"store": {"dir": str(tmp_path / 'a "b"' / "nextest")}}

    @pytest.mark.parametrize(
        ("text", "folder"), [("", ROOT / "target"), ('store.dir = "mine"', Path("/elsewhere"))]
    )
    def test_not_where_it_is_there_already_or_the_project_says_where(
        self, text: str, folder: Path
    ) -> None:
        stored = self.configuration(text).stored_in(folder, ROOT)
        assert stored.store_file is None
        assert not any("tasker-ci-store" in word for word in stored.arguments())
        stored.write_store()

    def test_a_target_directory_that_cannot_be_written_is_an_error_with_a_way_on(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        stored = self.configuration().stored_in(tmp_path / "file", ROOT)
        with pytest.raises(AccessError) as caught:
            stored.write_store()
        assert "CARGO_TARGET_DIR" in caught.value.next_step
