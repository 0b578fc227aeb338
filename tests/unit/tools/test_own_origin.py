"""How jobs get tasker-ci: by what the installer noted, and never by a bare name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasker_ci.errors import SettingsError
from tasker_ci.tools.own_origin import install_words

COMMIT = "0123456789" * 4
DIGEST = "ab" * 32
WHEEL = "https://git.example/house/tasker_ci-1.0-py3-none-any.whl"
GIT = "https://git.example/house/tasker-ci.git"


def words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: dict[str, Any] | str | None
) -> tuple[str, ...]:
    """The command for an installation with this direct_url.json, of a project beside it."""
    note = tmp_path / "site" / "tasker_ci-1.0.dist-info"
    note.mkdir(parents=True)
    (note / "METADATA").write_text("Metadata-Version: 2.4\nName: tasker-ci\nVersion: 1.0\n")
    if document is not None:
        text = document if isinstance(document, str) else json.dumps(document)
        (note / "direct_url.json").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    (tmp_path / "project").mkdir()
    return install_words(tmp_path / "project")


def vcs(url: str = GIT, **more: Any) -> dict[str, Any]:
    return {"url": url, "vcs_info": {"vcs": "git", "commit_id": COMMIT}, **more}


@pytest.mark.parametrize(
    ("document", "last"),
    [
        (vcs(), f"tasker-ci @ git+{GIT}@{COMMIT}"),
        (vcs(subdirectory="py"), f"tasker-ci @ git+{GIT}@{COMMIT}#subdirectory=py"),
        (
            {"url": WHEEL, "archive_info": {"hashes": {"sha256": DIGEST}}},
            f"tasker-ci @ {WHEEL}#sha256={DIGEST}",
        ),
        (
            {"url": WHEEL, "archive_info": {"hash": f"sha256={DIGEST}"}},
            f"tasker-ci @ {WHEEL}#sha256={DIGEST}",
        ),
    ],
    ids=["a commit", "a folder of a repository", "a wheel", "a wheel, as older installers note it"],
)
def test_it_comes_by_its_commit_or_by_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: dict[str, Any], last: str
) -> None:
    found = words(tmp_path, monkeypatch, document)

    assert found[:5] == ("python", "-m", "pip", "install", "--no-deps")
    assert found[-1] == last
    assert ("--no-build-isolation" in found) == ("git+" in last)


@pytest.mark.parametrize(
    ("path", "info", "last"),
    [
        ("project", {"dir_info": {"editable": True}}, ("--editable", ".")),
        ("project/tools", {"dir_info": {}}, ("--no-build-isolation", "./tools")),
        ("project/a b.whl", {"archive_info": {}}, ("--no-deps", "./a b.whl")),
    ],
)
def test_what_lies_in_the_project_comes_with_its_checkout(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    info: dict[str, Any],
    last: tuple[str, str],
) -> None:
    document = {"url": (tmp_path / path).as_uri(), **info}

    assert words(tmp_path, monkeypatch, document)[-2:] == last


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "from an index"),
        ("[]", "from an index"),
        ("{", "from an index"),
        ({"url": Path("/elsewhere").as_uri(), "dir_info": {"editable": True}}, "/elsewhere, which"),
        ({"url": Path("/x/t.whl").as_uri(), "archive_info": {}}, "/x/t.whl, which no job has"),
        (vcs("file:///elsewhere/tasker-ci"), "/elsewhere/tasker-ci, which no job has"),
        (vcs("ssh://git@git.example/house"), "ssh://git.example/house, which a job cannot fetch"),
        (
            vcs("https://me:hunter2@git.example/x"),
            "https://git.example/x, which a job cannot fetch",
        ),
        ({"url": WHEEL, "archive_info": {}}, "no hash of it is known"),
        ({"url": GIT, "vcs_info": {"vcs": "git", "commit_id": "main"}}, "no hash of it is known"),
        (vcs(subdirectory="$(id)"), "the folder"),
    ],
)
def test_what_no_job_can_have_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: Any, why: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        words(tmp_path, monkeypatch, document)

    assert why in caught.value.message
    assert "hunter2" not in caught.value.message
    assert "workflows.hashes" in str(caught.value.next_step)
    assert caught.value.exit_code == 2
