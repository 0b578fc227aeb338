"""Files outside of the repository that are inputs: what manifests, variables and cargo name.

And files that tools look for in the folders above and in the user's home, there or not.
"""

from __future__ import annotations

import glob
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.pipeline.proofs.contents import unreadable
from tasker_ci.sessions.pipeline.proofs.listing import NotUnderstood
from tasker_ci.text.file_reading import read_text
from tasker_ci.text.home_folder import home_folder
from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.sessions.pipeline.proofs.contents import FileContents

_ABOVE = (
    "Cargo.toml",  # may make the folder a member of a workspace
    ".cargo/config",
    ".cargo/config.toml",
    "rust-toolchain",
    "rust-toolchain.toml",
    "clippy.toml",
    ".clippy.toml",
    "rustfmt.toml",
    ".rustfmt.toml",
    ".env",  # dotenv looks for it upwards
    ".env.local",
    ".env.test",
    ".config/nextest.toml",
    ".tool-versions",
    "mise.toml",
    ".mise.toml",
    ".editorconfig",
    "pyproject.toml",
    "package.json",
)
"""What tools look for in the folders above."""

_OF_CARGO = ("config", "config.toml", "audit.toml")
_OF_HOME = (
    *(".gitconfig", ".config/git/config", ".config/git/ignore", ".config/git/attributes"),
    *(".rustfmt.toml", "rustfmt.toml", ".config/rustfmt", ".config/nextest", ".config/sccache"),
    *(".pgpass", ".pg_service.conf", ".psqlrc", ".netrc", ".npmrc", ".curlrc"),
    *(".testcontainers.properties", ".docker/config.json", ".aws/config", ".aws/credentials"),
)  # fmt: skip
_SYSTEM = tuple(
    f"/etc/{name}"
    for name in (
        *("hosts", "nsswitch.conf", "localtime", "timezone", "machine-id", "os-release"),
        *("gitconfig", "services", "ld.so.cache", "ld.so.preload", "locale.conf"),
        *("passwd", "group"),
    )
)  # fmt: skip
"""Small files of the system that change what programs do; a wireless network changes none."""

_PATH = re.compile(r"(?<![\w./~])/[^\s:;,'\"=|&<>(){}\[\]]+")
_NO_FILES = ("/proc/", "/sys/", "/dev/")
_PATHS = "\0paths"
"""Tells the paths in a manifest from the digest of its content."""


def looked_for(top: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The files that tools look for, whether they are there or not."""
    for folder in top.parents:
        yield from (str(folder / name) for name in _ABOVE)
    yield from (str(cargo_home(environment) / name) for name in _OF_CARGO)
    home = home_folder(environment)
    rustup = environment.get("RUSTUP_HOME") or str(home / ".rustup")
    yield f"{rustup}/settings.toml"
    yield from (str(home / name) for name in _OF_HOME)
    named = environment.get("XDG_CONFIG_HOME", "")
    if named.startswith("/"):
        yield from (f"{named}/{name}" for name in ("nextest", "rustfmt", "git", "sccache"))
    yield from _SYSTEM


def cargo_home(environment: Mapping[str, str]) -> Path:
    """Cargo's home folder."""
    given = environment.get("CARGO_HOME", "")
    return Path(given) if given else home_folder(environment) / ".cargo"


def files_named_by(values: Iterable[str]) -> Iterator[str]:
    """The regular files that texts (variables, settings) name by absolute paths."""
    for value in values:
        for path in _PATH.findall(value):
            if not path.startswith(_NO_FILES) and os.path.isfile(path):
                yield path


def leading_out(manifests: Iterable[str], root: str, contents: FileContents) -> Iterator[str]:
    """What manifests and configurations of cargo name outside of ``root``: packages and files.

    Whatever text in them is a path counts, so that no way to name one is forgotten. Raises
    `NotUnderstood` for one that cannot be read.
    """
    for manifest in manifests:
        for path in _paths_in(manifest, contents):
            starts = (os.path.dirname(manifest), os.path.dirname(os.path.dirname(manifest)))
            for start in dict.fromkeys(starts):
                for found in _expanded(os.path.normpath(os.path.join(start, path))):
                    outside = not (found + os.sep).startswith(root + os.sep)
                    folder = os.path.isdir(found)
                    if outside and (not folder or os.path.isfile(f"{found}/Cargo.toml")):
                        yield found


def _expanded(path: str) -> list[str]:
    return glob.glob(path) if any(sign in path for sign in "*?[") else [path]


def _paths_in(manifest: str, contents: FileContents) -> list[str]:
    try:
        status = os.stat(manifest)
        row = contents.kept(manifest + _PATHS, status)
        if row is None:
            row = sorted(set(_texts(read_toml(read_text(Path(manifest))))))
            contents.keep(manifest + _PATHS, status, row)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise NotUnderstood(unreadable(manifest, error)) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return []  # cargo refuses it too; a fixture may be broken on purpose
    return row


def _texts(value: Any) -> Iterator[str]:
    """The texts in a document that lead elsewhere."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif (
        isinstance(value, str)
        and (".." in value or value.startswith("/"))
        and not any(sign in value for sign in ("\n", "\0", "://"))
    ):
        yield value
