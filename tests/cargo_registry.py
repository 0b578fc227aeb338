"""What cargo calls its own registry in Cargo.lock. No file of ours names it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path

import faces
import workspaces

IN_FILES = "registry+https://registry.example/index"
"""What stands in its place in the lock files below ``resources``."""

_VENDORED = {
    ".cargo/config.toml": '[source.crates-io]\nreplace-with = "vendored"\n'
    '[source.vendored]\ndirectory = "vendor"\n',
    "Cargo.toml": workspaces.manifest("sample", '[dependencies]\nleaf = "1"\n'),
    "src/lib.rs": "",
    "vendor/leaf/.cargo-checksum.json": '{"files": {}, "package": null}',
    "vendor/leaf/Cargo.toml": '[package]\nname = "leaf"\nversion = "1.0.0"\n',
    "vendor/leaf/src/lib.rs": "",
}


def default_registry() -> str:
    """As cargo writes it, asked without a network: a vendored crate keeps its registry's name."""
    with tempfile.TemporaryDirectory() as name:
        folder = workspaces.write_files(Path(name) / "sample", _VENDORED)
        command = ("cargo", "generate-lockfile", "--offline", "--quiet")
        subprocess.run(command, cwd=folder, env=faces.clean_environment(), check=True)
        lock = tomllib.loads((folder / "Cargo.lock").read_text(encoding="utf-8"))
    (source,) = (package["source"] for package in lock["package"] if "source" in package)
    return str(source)


def index_folders() -> list[str]:
    """The folders in which this machine's cargo keeps that registry's index; [] if it has none."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    return sorted(folder.name for folder in home.glob("registry/index/index.*"))


def copy_workspace(source: Path, destination: Path) -> None:
    """Copy a workspace whose Cargo.lock is below ``resources``, as cargo itself would write it."""
    shutil.copytree(source, destination)
    lock = destination / "Cargo.lock"
    text = lock.read_text(encoding="utf-8").replace(IN_FILES, default_registry())
    lock.write_text(text, encoding="utf-8")
