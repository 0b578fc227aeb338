"""A small project with everything that a proof looks at, in a folder of its own."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.process.command import Command, Completed
from tasker_ci.sessions.pipeline.proofs.inputs import Fingerprint, ProjectInputs
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.testing import RecordedContext

_KNOWN: dict[str, list[object]] = {}
"""What is known of files, of this installation above all."""

TAG = "Signature: 8a477f597d28d172789f06886806bc55\n"


def write(file: Path, text: str, *, executable: bool = False) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    if executable:
        file.chmod(0o755)
    return file


@dataclass
class Project:
    """A workspace in a repository, a home, tools and a toolchain beside it."""

    base: Path
    variables: dict[str, str] = field(default_factory=dict)
    settings: str = ""
    overrides: tuple[str, ...] = ()
    rustc: str = "rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\n"
    tracked: str = ""
    """What git says of files in folders."""
    index: str = "100644 abc 0\tsrc/lib.rs\0"

    @property
    def root(self) -> Path:
        return self.base / "work" / "repository"

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def outside(self) -> Path:
        return self.base / "elsewhere"

    @property
    def target(self) -> Path:
        return self.root / "target"

    def make(self) -> Project:
        write(self.root / "Cargo.toml", '[package]\nname = "sample"\nversion = "0.1.0"\n')
        write(self.root / "Cargo.lock", "version = 4\n")
        write(self.root / "src" / "lib.rs", "pub fn one() -> u32 { 1 }\n")
        write(self.root / "tests" / "data" / "ignored.env", "A=1\n")
        write(self.root / ".gitignore", "target\n*.env\n")
        (self.root / "link").symlink_to("src/lib.rs")
        write(self.root / ".git" / "HEAD", "ref: refs/heads/main\n")
        write(self.root / ".git" / "refs" / "heads" / "main", "a" * 40 + "\n")
        write(self.root / ".git" / "index", "an index")
        write(self.target / "CACHEDIR.TAG", TAG)
        write(self.outside / "included.txt", "included\n")
        write(self.outside / "watched" / "deep" / "file.txt", "watched\n")
        write(
            self.target / "debug" / "deps" / "sample-1.d",
            f"target/debug/deps/libsample-1.rlib: src/lib.rs {self.outside}/included.txt\n\n"
            "src/lib.rs:\n\n# env-dep:SHLVL=1\n",
        )
        write(self.target / "debug" / "build" / "sample-2" / "root-output", "out")
        write(
            self.target / "debug" / "build" / "sample-2" / "output",
            f"cargo::rerun-if-changed={self.outside}/watched\ncargo:rerun-if-env-changed=TMUX\n",
        )
        write(self.home / ".gitconfig", "[user]\n")
        write(self.base / "bin" / "ld", "#!/bin/sh\n", executable=True)
        write(self.base / "toolchain" / "bin" / "cargo-clippy", "clippy", executable=True)
        write(self.base / "toolchain" / "lib" / "rustlib" / "host" / "bin" / "rust-lld", "lld")
        old = time.time() - 3600
        for folder, _, files in os.walk(self.base):
            for name in files:
                os.utime(Path(folder) / name, (old, old))
        return self

    def environment(self) -> dict[str, str]:
        return {
            "PATH": str(self.base / "bin"),
            "HOME": str(self.home),
            "SSH_AUTH_SOCK": "/nowhere/old",
            "TASKER_CI_SCCACHE": "off",
            **self.variables,
        }

    def context(self) -> RecordedContext:
        runner = RecordingRunner(
            {
                "rustc -vV": self.rustc,
                "rustc --print sysroot": f"{self.base / 'toolchain'}\n",
                "git": self._git,
            }
        )
        return make_context(
            self.root,
            self.settings,
            runner=runner,
            environment=self.environment(),
            overrides=self.overrides,
        )

    def _git(self, command: Command) -> Completed:
        """What git says of the index, or which of its files lie in a folder."""
        asked = command.argv[-1].partition(":(literal)")
        if not asked[1]:
            return Completed(stdout=self.index)
        files = ("src/lib.rs", self.tracked)
        return Completed(stdout="".join(f"{each}\0" for each in files if each.startswith(asked[2])))

    def take(self, folders: tuple[Path, ...] = ()) -> Fingerprint:
        """Look at everything; what is known of files is handed on, as it is between runs."""
        inputs = self.inputs(_KNOWN)
        found = inputs.take(folders)
        _KNOWN.update(inputs.seen)
        return found

    def inputs(self, known: Mapping[str, list[object]] | None = None) -> ProjectInputs:
        return ProjectInputs(
            context=self.context(),
            known=known or {},
            clock=time.monotonic,
            file_time=time.time_ns,
        )

    def differing(self, before: Fingerprint) -> list[str]:
        """The inputs that differ now, as part and name."""
        now = self.take()
        return [
            f"{part}: {name}"
            for part, listing in now.parts.items()
            for name in listing.differing(before.parts[part].items)
        ]
