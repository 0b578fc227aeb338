from __future__ import annotations

import pytest

from tasker_ci.sessions.review.dead_actions import dead_action, gone_since

HASH = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("uses", "line", "state"),
    [
        ("actions/upload-artifact@v3", "", "fails"),
        ("Actions/Upload-Artifact@v2.2", "", "fails"),
        (f"actions/upload-artifact@{HASH}", f"- uses: x@{HASH} # v3.1.3", "fails"),
        (f"actions/upload-artifact@{HASH}", f"- uses: x@{HASH} # tag=v3", "fails"),
        (f"actions/upload-artifact@{HASH}", f"- uses: x@{HASH}", None),
        ("actions/upload-artifact@main", "# v3", None),
        ("actions/upload-artifact@v4.3.0", "", None),
        ("actions/cache@v4", "", None),
        ("actions/cache@v4.1", "", None),
        ("actions/cache@v4.1.0", "", "fails"),
        ("someone/else@v1", "", None),
        ("actions-rs/clippy-check@master", "", "archived"),
    ],
)
def test_which_are_dead(uses: str, line: str, state: str | None) -> None:
    found = dead_action(uses, line)
    assert (found.state if found else None) == state


def test_images() -> None:
    assert gone_since("Ubuntu-20.04") == "April 2025"
    assert gone_since("ubuntu-latest") is None
