"""Where proofs are kept: a file for each project in its target directory.

Beside it lies what is known of files, so that they are not read again.

A proof that cannot be read is none. Two `ci` at once each write a whole file, one after the other.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TaskerCIError, UnsafePlace
from tasker_ci.process.locks import alone, lock_file
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.sessions.pipeline.proofs.listing import digest_of, digest_of_items
from tasker_ci.text.file_reading import RECORD_BYTES, read_bytes
from tasker_ci.text.file_writing import PRIVATE, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tasker_ci.context import Context

VERSION = 1
_MOST_SESSIONS = 100
_LOCK_SECONDS = 10.0


def name_of_project(context: Context) -> str:
    """What its files are called: several projects may share a target directory."""
    return digest_of(str(context.project_root), str(context.workspace))[:16]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A green run of a session, and what it depended on."""

    session: str
    run: str
    commit: str
    """Empty where git does not say."""
    began: int
    """Before it, by the clock of the file system, in nanoseconds."""
    made: float
    """When it ended, in seconds since 1970."""
    until: float
    """From then on it counts no more, likewise."""
    seconds: float
    """How long the run took."""
    summary: str
    report: str
    """The file that it left; empty for none."""
    report_digest: str
    parts: Mapping[str, Mapping[str, str]]
    """Every input by part and name."""


@dataclass(frozen=True, kw_only=True)
class ProofStore:
    """The proofs of one project."""

    folder: Path
    within: Path
    """The folder that files there may not leave, through no link."""
    name: str
    lock: Path

    @classmethod
    def of(cls, context: Context) -> ProofStore:
        """The store of a project; several that share a target directory have one each."""
        directory = target_directory(context.workspace, context.environment)
        folder = directory / "tasker-ci" / "proofs"
        return cls(
            folder=folder,
            within=output_root(context.workspace, directory),
            name=name_of_project(context),
            lock=lock_file(context.environment, "proofs", folder),
        )

    def read(self) -> dict[str, Proof]:
        """The proofs by session; none where there is no file, or none of this version."""
        document = self._document(self._proofs)
        try:
            listings = document["listings"]
            return {
                row["session"]: Proof(
                    **{
                        **row,
                        "parts": {part: listings[key] for part, key in row["parts"].items()},
                    }
                )
                for row in document["proofs"]
            }
        except (KeyError, TypeError, AttributeError, ValueError):
            return {}

    def change(self, changes: Mapping[str, Proof | None]) -> None:
        """Keep proofs in place of what there was of their sessions; None removes that.

        Raises `OSError` and `UnsafePlace` where they cannot be kept.
        """
        with alone(self.lock, lambda _: None, "", pause=time.sleep, seconds=_LOCK_SECONDS):
            known = self.read()
            proofs = {name: proof for name, proof in known.items() if name not in changes}
            proofs |= {name: proof for name, proof in changes.items() if proof is not None}
            if proofs == known:
                return
            newest = sorted(proofs.values(), key=lambda each: each.made)[-_MOST_SESSIONS:]
            listings: dict[str, Mapping[str, str]] = {}
            keys: dict[int, str] = {}
            rows = []
            for each in newest:
                for items in each.parts.values():
                    if id(items) not in keys:
                        keys[id(items)] = digest_of_items(items)
                        listings[keys[id(items)]] = items
                parts = {part: keys[id(items)] for part, items in each.parts.items()}
                rows.append({**vars(each), "parts": parts})
            document = {"version": VERSION, "proofs": rows, "listings": listings}
            self._write(self._proofs, document)

    def known_files(self) -> dict[str, list[Any]]:
        """What is known of files: by path their state, and what was read of them."""
        files = self._document(self._files).get("files")
        return files if isinstance(files, dict) else {}

    def keep_files(self, files: Mapping[str, list[Any]]) -> None:
        """Keep what is known of files; nothing is lost where that cannot be."""
        with suppress(OSError, UnsafePlace, TaskerCIError):
            self._write(self._files, {"version": VERSION, "files": files})

    def file_time(self, clock: Callable[[], int]) -> int:
        """The time of the file system that holds the store, else that of ``clock``, the earlier."""
        probe = self.folder / f"{self.name}.time"
        try:
            write_file(probe, b"", within=self.within, mode=PRIVATE)
            return min(probe.stat().st_mtime_ns, clock())
        except (OSError, UnsafePlace):
            return clock()

    @property
    def _proofs(self) -> Path:
        return self.folder / f"{self.name}.json"

    @property
    def _files(self) -> Path:
        return self.folder / f"{self.name}.files.json"

    def _document(self, file: Path) -> dict[str, Any]:
        try:
            document = json.loads(read_bytes(file, most=RECORD_BYTES, own=True))
        except (OSError, ValueError, RecursionError):
            return {}
        known = isinstance(document, dict) and document.get("version") == VERSION
        return document if known else {}

    def _write(self, file: Path, document: Mapping[str, Any]) -> None:
        """Readable by nobody else: digests of short secrets can be guessed."""
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=True)
        write_file(file, text, within=self.within, mode=PRIVATE)
