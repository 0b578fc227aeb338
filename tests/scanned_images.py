"""Small images with packages that scanners of images know how to look at."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_RELEASE = (
    'ID={system}\nNAME="{system}"\nPRETTY_NAME="{system} {version}"\nVERSION_ID="{version}"\n'
)
_PACKAGE = """\
Package: {name}
Status: install ok installed
Architecture: amd64
Maintainer: nobody <nobody@example.org>
Source: {source}
Version: {version}
Description: of a test

"""


def distribution(
    system: str, version: str, packages: Mapping[tuple[str, str], str]
) -> dict[str, bytes]:
    """The files of a distribution with Debian's packages: (name, source) and version of each."""
    status = "".join(
        _PACKAGE.format(name=name, source=source, version=number)
        for (name, source), number in packages.items()
    )
    files = {
        "etc/os-release": _RELEASE.format(system=system, version=version),
        "var/lib/dpkg/status": status,
    }
    if system == "debian":
        files["etc/debian_version"] = f"{version}\n"
    return {name: text.encode() for name, text in files.items()}


def rust_program(folder: Path, crates: Mapping[str, str]) -> bytes:
    """A program that says which crates it is made of, as `cargo auditable build` makes one.

    https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md
    """
    root = {"name": "sample", "version": "0.1.0", "source": "local", "root": True}
    others = [
        {"name": name, "version": version, "source": "registry"} for name, version in crates.items()
    ]
    section, program = folder / "section", folder / "program"
    section.write_bytes(zlib.compress(json.dumps({"packages": [root, *others]}).encode()))
    command = ["objcopy", "--add-section", f".dep-v0={section}", "/bin/true", str(program)]
    subprocess.run(command, check=True)
    return program.read_bytes()


def archive(files: Mapping[str, bytes]) -> bytes:
    """The files as `docker import` takes them, all executable."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            made.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
