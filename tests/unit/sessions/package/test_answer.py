"""What cargo says of a package that does not build. The lines are those of cargo 1.95."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasker_ci.sessions.package.answer import read_failure

ROOT = Path("/w")
BUILD = """\
   Packaging p v0.1.0 (/w/p)
    Packaged 4 files, 1.0KiB (741B compressed)
   Verifying p v0.1.0 (/w/p)
   Compiling p v0.1.0 (/w/target/package/p-0.1.0)
\x1b[31merror\x1b[0m: couldn't read `src/data.txt`: No such file or directory (os error 2)
 --> src/lib.rs:1:21
  |
error: could not compile `p` (lib) due to 1 previous error
error: failed to verify package tarball
"""
VERSION = """\
   Packaging a v0.1.0 (/w/a)
error: failed to verify manifest at `/w/b/Cargo.toml`

Caused by:
  all dependencies must have a version requirement specified when packaging.
  dependency `a` does not specify a version
"""


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (
            BUILD,
            "p/src/lib.rs:1",
            "p: couldn't read `src/data.txt`: No such file or directory (os error 2)",
        ),
        (
            VERSION,
            "b/Cargo.toml",
            "all dependencies must have a version requirement specified when packaging.",
        ),
        ("error: no network\n", "", "no network"),
    ],
    ids=["build", "version", "no-place"],
)
def test_the_first_error_has_its_place(text: str, place: str, message: str) -> None:
    found = read_failure(text, ROOT)
    assert found is not None
    assert (found.place, found.message) == (place, message)


def test_without_an_error_there_is_nothing() -> None:
    assert read_failure("   Packaging a v0.1.0 (/w/a)\n", ROOT) is None
