"""What cargo-audit reads of the project and of cargo's home folder, read alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.process.command import Command
from tasker_ci.sessions.audit.configuration import read_configuration

if TYPE_CHECKING:
    from pathlib import Path

IGNORES = b'[advisories]\nignore = ["RUSTSEC-2020-0001"]\n'


def configured(folder: Path, own: bytes | None, home: bytes | None) -> tuple[str, object]:
    for place, content in ((folder / ".cargo", own), (folder / "home", home)):
        place.mkdir()
        if content is not None:
            (place / "audit.toml").write_bytes(content)
    environment = {"CARGO_HOME": str(folder / "home")}
    found = read_configuration(Command(argv=("x",), cwd=folder, environment=environment))
    return found.name.replace(str(folder), ""), found.document


def test_the_project_s_file_wins(tmp_path: Path) -> None:
    assert configured(tmp_path, IGNORES, b"") == (
        ".cargo/audit.toml",
        {"advisories": {"ignore": ["RUSTSEC-2020-0001"]}},
    )


def test_else_that_of_the_home_folder(tmp_path: Path) -> None:
    name, document = configured(tmp_path, None, IGNORES)
    assert name == "/home/audit.toml"
    assert document


def test_a_byte_order_mark_hides_no_ignore(tmp_path: Path) -> None:
    name, document = configured(tmp_path, b"\xef\xbb\xbf" + IGNORES, None)
    assert name == ".cargo/audit.toml"
    assert document == {"advisories": {"ignore": ["RUSTSEC-2020-0001"]}}


def test_a_file_that_cannot_be_read_counts_as_empty_and_keeps_its_place(tmp_path: Path) -> None:
    assert configured(tmp_path, b"[", IGNORES) == (".cargo/audit.toml", {})
