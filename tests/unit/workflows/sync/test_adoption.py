"""Pins that Dependabot bumped: what is a bump, what is none, and which one counts."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tasker_ci.errors import AdoptionRefused
from tasker_ci.workflows.files import GeneratedFile, with_header
from tasker_ci.workflows.sync.adoption import (
    Bump,
    as_settings,
    bumped_since,
    found_bumps,
    highest,
    only_bumps,
)

OLD, NEW, OTHER = "a" * 40, "b" * 40, "c" * 40
CI = PurePosixPath(".github/workflows/ci.yml")
UNIT = PurePosixPath(".github/workflows/test-unit.yml")


def workflow(checkout: str = f"actions/checkout@{OLD} # v7.0.1", more: str = "") -> str:
    return f"""\
jobs:
  unit:
    uses: ./.github/workflows/test-unit.yml
    steps:
      - name: Check out
        uses: {checkout}
      - uses: {checkout}
      - uses: Swatinem/rust-cache@{OTHER} # v2.9.2
{more}"""


PLANNED = with_header(workflow())
FILES = (GeneratedFile(path=CI, text=PLANNED),)


def bumped(checkout: str, more: str = "") -> str:
    """The file as it is once somebody has replaced lines in it: the checksum stays."""
    head = "".join(PLANNED.splitlines(keepends=True)[:2])
    return head + workflow(checkout, more)


def bump(version: str = "v8.0.0", commit: str = NEW, name: str = "actions/checkout") -> Bump:
    return Bump(name=name, version=version, commit=commit, planned="v7.0.1")


@pytest.mark.parametrize("version", ["v8.0.0", "v7.0.2", "v8", "v7.1", "v10.0.0", "v7.0.1.1"])
def test_a_newer_version_of_the_same_action_is_a_bump(version: str) -> None:
    text = bumped(f"actions/checkout@{NEW} # {version}")
    assert only_bumps(text, PLANNED) == (bump(version),)
    assert bumped_since(text, FILES) == (bump(version),)
    assert found_bumps({CI: text}, FILES) == (bump(version),)


REFUSED = {
    "an older version": (f"actions/checkout@{NEW} # v6.9.9", "v6.9.9 is older than v7.0.1"),
    "another commit of the version": (f"actions/checkout@{NEW} # v7.0.1", "of the same version"),
    "the same by another name": (f"actions/checkout@{NEW} # v7.0.1.0", "of the same version"),
    "a short SHA": (f"actions/checkout@{NEW[:7]} # v8.0.0", "not the full SHA"),
    "an upper-case SHA": (f"actions/checkout@{NEW.upper()} # v8.0.0", "not the full SHA"),
    "a tag": ("actions/checkout@v8.0.0", "v8.0.0 is not the full SHA"),
    "a branch": ("actions/checkout@main # v8.0.0", "main is not the full SHA"),
    "nothing": ("actions/checkout # v8.0.0", "nothing is not the full SHA"),
    "no comment": (f"actions/checkout@{NEW}", "the comment with the version is missing"),
    "an empty comment": (f"actions/checkout@{NEW} #", "the comment with the version is missing"),
    "a comment that is no version": (f"actions/checkout@{NEW} # latest", "'latest' is not"),
    "a version before its release": (f"actions/checkout@{NEW} # v8.0.0-rc.1", "is not a version"),
    "a version and more": (f"actions/checkout@{NEW} # v8.0.0 ok", "is not a version"),
    "the old commit": (f"actions/checkout@{OLD} # v8.0.0", "has the commit of v7.0.1"),
    "another repository": (f"actions/check0ut@{NEW} # v8.0.0", "not an action that sync uses"),
    "another owner": (f"action/checkout@{NEW} # v8.0.0", "not an action that sync uses"),
    "a part of the repository": (f"actions/checkout/x@{NEW} # v8.0.0", "not an action that sync"),
    "a container": ("docker://alpine:3", "not an action that sync uses"),
}


@pytest.mark.parametrize(("line", "reason"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_with_its_line(line: str, reason: str) -> None:
    text = bumped(line)
    assert only_bumps(text, PLANNED) is None
    assert bumped_since(text, FILES) == ()
    with pytest.raises(AdoptionRefused) as caught:
        found_bumps({CI: text}, FILES)
    first, second = caught.value.message.splitlines()[1:]
    assert first.startswith(f"  {CI}:8: ")
    assert second.startswith(f"  {CI}:9: ")
    assert reason in first


@pytest.mark.parametrize(
    "text",
    [
        bumped(f"actions/checkout@{NEW} # v8.0.0", "      - run: make\n"),
        bumped(f"actions/checkout@{NEW} # v8.0.0").replace("Check out", "Checkout"),
        bumped(f"actions/checkout@{NEW} # v8.0.0").replace("\n", "\r\n"),
        bumped(f"actions/checkout@{NEW} # v8.0.0").rstrip("\n"),
        bumped(f"actions/checkout@{NEW}  # v8.0.0"),
        bumped(f'"actions/checkout@{NEW}" # v8.0.0'),
        bumped(f"actions/checkout@{NEW} # v8.0.0").replace("      - uses", "    - uses"),
    ],
)
def test_a_bump_with_any_other_difference_is_not_only_a_bump(text: str) -> None:
    assert only_bumps(text, PLANNED) is None
    assert bumped_since(text, FILES) == ()
    assert found_bumps({CI: text}, FILES) == (bump(),)


def test_a_file_without_bumps_has_none() -> None:
    assert only_bumps(PLANNED, PLANNED) is None
    assert only_bumps(PLANNED.replace("Checksum: ", "Checksum: 0"), PLANNED) is None
    assert bumped_since(PLANNED, FILES) == ()
    assert found_bumps({CI: PLANNED}, FILES) == ()


def test_pins_that_sync_itself_wrote_are_no_bumps() -> None:
    # Somebody took a pin out of the settings again: the file is stale, not bumped.
    written = with_header(workflow(f"actions/checkout@{NEW} # v8.0.0"))
    assert only_bumps(written, PLANNED) is None
    assert bumped_since(written, FILES) == ()


def test_a_bump_is_seen_though_the_settings_have_changed_since() -> None:
    now = with_header(workflow(more="      - run: exec nox -s doctest\n"))
    text = bumped(f"actions/checkout@{NEW} # v8.0.0")
    assert only_bumps(text, now) is None
    assert bumped_since(text, [GeneratedFile(path=CI, text=now)]) == (bump(),)


def test_the_highest_version_wins_over_all_files() -> None:
    texts = {
        CI: bumped(f"actions/checkout@{NEW} # v8.0.0"),
        UNIT: bumped(f"actions/checkout@{OTHER} # v10.0.0"),
    }
    assert found_bumps(texts, FILES) == (bump("v10.0.0", OTHER),)


def test_every_action_has_its_own_bump() -> None:
    text = bumped(f"actions/checkout@{NEW} # v8.0.0").replace(f"{OTHER} # v2.9.2", f"{OLD} # v3")
    assert found_bumps({CI: text}, FILES) == (
        Bump(name="Swatinem/rust-cache", version="v3", commit=OLD, planned="v2.9.2"),
        bump(),
    )


@pytest.mark.parametrize("other", ["v8.0.0", "v8"])
def test_two_commits_for_one_version_are_refused(other: str) -> None:
    with pytest.raises(AdoptionRefused, match="has two commits"):
        highest([bump("v8.0.0", NEW), bump(other, OTHER), bump("v9.0.0", OLD)])


def test_the_settings_get_version_and_commit() -> None:
    assert as_settings([bump()]) == {
        ("pins", "actions/checkout"): {"version": "v8.0.0", "commit": NEW}
    }
    assert str(bump()) == "actions/checkout v7.0.1 -> v8.0.0"
