"""A second Docker daemon, beside the one that everything else uses, for tests that stop it.

It has a network of its own, in which the sessions of such a test have to run too.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

PERL_IMAGE = "tasker-tests/perl:1"

_PATIENCE_SECONDS = 60

_PERL = 'tar -ch --no-recursion $(dpkg -L perl-base) $(ldd /usr/bin/perl | grep -o "/[^ ]*")'
"""Prints an archive of Perl and the libraries that it needs: 11 MB, where the base has hundreds."""


class Engine:
    """The daemon and the folder with all that belongs to it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tci"))  # a socket's path has to be short
        self._process: subprocess.Popen[bytes] | None = None
        self.host = f"unix://{self._folder}/socket"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it; what it had before it was stopped it has again."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    # In the network of the other daemon it would remove that one's docker0.
                    *("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"),
                    *("dockerd", "--host", self.host, "--pidfile", str(self._folder / "pid")),
                    *("--data-root", str(self._folder / "data")),
                    *("--exec-root", str(self._folder / "run")),
                    *("--bridge", "none", "--iptables=false"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._docker("version").returncode:
            assert self._process.poll() is None, (self._folder / "log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.1)

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command begins with that is to reach the containers' ports."""
        assert self._process is not None
        return ("nsenter", f"--net=/proc/{self._process.pid}/ns/net")

    def stop(self) -> None:
        """Stop it as the system would; it ends its containers."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=_PATIENCE_SECONDS)
            self._process = None

    def load_perl(self, base_image: str) -> None:
        """Make `PERL_IMAGE` here out of an image that the other daemon has."""
        command = ["docker", "run", "--rm", base_image, "sh", "-c", _PERL]
        archive = subprocess.run(command, capture_output=True, check=True).stdout
        self.load(archive, PERL_IMAGE)

    def load(self, archive: bytes, name: str) -> str:
        """Make an image of one layer out of an archive of files; returns its id."""
        made = self._docker("import", "-", name, given=archive)
        made.check_returncode()
        return made.stdout.decode().strip()

    def _docker(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = ["docker", "--host", self.host, *arguments]
        return subprocess.run(command, input=given, capture_output=True, check=False)
