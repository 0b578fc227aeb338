from __future__ import annotations

from typing import TYPE_CHECKING

from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.repository_name import RULE

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = ".github/workflows/release.yml"


def only(name: str) -> str:
    return jobs(
        f"one:\n  if: github.repository == '{name}'\n"
        "  runs-on: ubuntu-latest\n  steps: [{run: a}]\n"
    )


def test_two_names(tmp_path: Path) -> None:
    manifest = '[package]\nname = "a"\nrepository = "https://github.com/new/name"\n'
    files = {CI: only("new/name"), RELEASE: only("old/name"), "Cargo.toml": manifest}
    assert told(tmp_path, RULE, files) == [f"warning? {RELEASE}:4"]
    evidence = findings(tmp_path, RULE, files)[0].evidence
    assert evidence == (f"{CI}:4 names new/name", "the manifests name new/name")


def test_one_name_in_all_its_spellings(tmp_path: Path) -> None:
    assert told(tmp_path, RULE, {CI: only("Some/Name"), RELEASE: only("some/name")}) == []
    owner = only("x").replace("github.repository == 'x'", "github.repository_owner == 'some'")
    assert told(tmp_path, RULE, {CI: only("some/name"), RELEASE: owner}) == []
    either = only("x").replace(
        "github.repository == 'x'",
        "github.repository == 'some/name' || github.repository == 'some/fork'",
    )
    assert told(tmp_path, RULE, {CI: only("some/name"), RELEASE: either}) == []
    other = only("x").replace("==", "!=")
    assert told(tmp_path, RULE, {CI: only("some/name"), RELEASE: other}) == []
