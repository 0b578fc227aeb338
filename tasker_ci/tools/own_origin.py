"""Where tasker-ci itself comes from, so that jobs get that and nothing else of its name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tasker_ci.errors import SettingsError
from tasker_ci.settings.file import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

_PIP = ("python", "-m", "pip", "install", "--no-deps")
_FROM_SOURCE = (*_PIP, "--no-build-isolation")
"""What builds it comes from the lock, as all else; an isolated build would fetch the newest."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SUBFOLDER = re.compile(r"[A-Za-z0-9._/-]+")


def install_words(project_root: Path) -> tuple[str, ...]:
    """The command that brings a job the tasker-ci that runs here, without what it depends on.

    By its commit, by the hash of its archive, or from the project itself. Raises `SettingsError`
    where it comes from an index, whose names anybody can register, or from a place that no job has.
    """
    found = _direct_url()
    if found is None:
        raise _refused("it was installed from an index here, where anybody can register a name")
    url = str(found.get("url", ""))
    if urlsplit(url).scheme == "file":
        return _from_the_project(project_root, url, found)
    return _from_elsewhere(url, found)


def _from_the_project(root: Path, url: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    place = Path(unquote(urlsplit(url).path)).resolve()
    root = root.resolve()
    if not place.is_relative_to(root):
        raise _refused(f"tasker-ci is installed here from {place}, which no job has")
    path = place.relative_to(root).as_posix()
    path = path if path == "." else f"./{path}"
    if "archive_info" in found:
        return (*_PIP, path)
    editable = (found.get("dir_info") or {}).get("editable") is True
    return (*_FROM_SOURCE, *(("--editable",) if editable else ()), path)


def _from_elsewhere(url: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.username or parts.password:
        shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        raise _refused(f"tasker-ci is installed here from {shown}, which a job cannot fetch")
    repository = found.get("vcs_info") or {}
    if repository.get("vcs") == "git" and _COMMIT.fullmatch(str(repository.get("commit_id"))):
        folder = str(found.get("subdirectory") or "")
        if folder and not _SUBFOLDER.fullmatch(folder):
            raise _refused(f"tasker-ci is installed here from the folder {folder!r} of {url}")
        fragment = f"#subdirectory={folder}" if folder else ""
        return (*_FROM_SOURCE, f"tasker-ci @ git+{url}@{repository['commit_id']}{fragment}")
    archive = found.get("archive_info") or {}
    legacy = str(archive.get("hash", "")).removeprefix("sha256=")
    digest = str((archive.get("hashes") or {}).get("sha256") or legacy)
    if not _SHA256.fullmatch(digest):
        raise _refused(f"tasker-ci is installed here from {url}, and no hash of it is known")
    return (*_PIP, f"tasker-ci @ {url}#sha256={digest}")


def _refused(why: str) -> SettingsError:
    return SettingsError(
        f"Nothing says how jobs get tasker-ci: {why}.",
        next_step="Install it from its repository (pip install 'tasker-ci[tools] @ "
        "git+https://…'), or put its wheel into the project and install that: then it is known. Or "
        f"say it in {SETTINGS_FILE}: `workflows.hashes` with the sha256 of its wheel, or "
        "`workflows.install`.",
    )


def _direct_url() -> Mapping[str, Any] | None:
    """What the installer noted: https://packaging.python.org/specifications/direct-url/."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution("tasker-ci").read_text("direct_url.json")
        found = json.loads(text) if text else None
    except (PackageNotFoundError, OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
