"""What is seen of the sessions and settings stays as it is unless somebody means to change it."""

from __future__ import annotations

import pytest
import views


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return views.views(tmp_path_factory.mktemp("projects"))


def test_every_view_is_as_it_was(texts: dict[str, str]) -> None:
    """After a change on purpose run `python tests/views.py`, and say in the commit what changed."""
    now = views.checksums(texts).splitlines()
    before = views.CHECKSUMS.read_text(encoding="utf-8").splitlines()
    assert sorted(set(now) ^ set(before)) == []


def test_there_are_projects_of_33_settings_and_no_view_is_empty(texts: dict[str, str]) -> None:
    assert len(views.VARIANTS) == 34
    assert [name for name, text in texts.items() if not text.strip()] == []
