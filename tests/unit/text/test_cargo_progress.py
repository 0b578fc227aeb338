"""Which lines of cargo are progress; they were printed by cargo 1.95."""

from __future__ import annotations

import pytest

from tasker_ci.text.cargo_progress import is_progress, says_compiled, without_progress


@pytest.mark.parametrize(
    "line",
    [
        "    Updating `company` index",
        "     Locking 14 packages to latest compatible versions",
        "      Adding rand v0.8.5 (available: v0.9.2)",
        " Downloading crates ...",
        "  Downloaded serde v1.0.228",
        "  Downloaded 200 crates (20.1MiB) in 3.20s",
        "   Compiling demo v0.1.0 (/projects/demo)",
        "\x1b[1m\x1b[92m   Compiling\x1b[0m demo v0.1.0",
        "    Checking demo v0.1.0 (/projects/demo)",
        "    Blocking waiting for file lock on build directory",
        "\r\x1b[K   Compiling demo v0.1.0",
        "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.25s",
    ],
)
def test_progress(line: str) -> None:
    assert is_progress(line)
    assert is_progress(line + "\n")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "error: could not compile `demo` (lib) due to 1 previous error",
        "warning: spurious network error (3 tries remaining): timeout",
        "Compiling takes long",
        "    Updating: what my test prints",
        "            Checking the answer",
        "     Running unittests src/lib.rs (target/debug/deps/demo-1)",
        "   Doc-tests demo",
        "  --> src/lib.rs:1:1",
        "        FAIL [   0.407s] ( 1/29) demo tests::eq",
    ],
)
def test_no_progress(line: str) -> None:
    assert not is_progress(line)


def test_errors_and_warnings_between_stay_as_they_are() -> None:
    text = "  Downloaded a v1\nwarning: unused\n   Compiling a v1\nerror: bad\n   | x\n"
    assert without_progress(text) == "warning: unused\nerror: bad\n   | x\n"
    assert without_progress("no end of line") == "no end of line"


def test_cargo_says_when_it_has_compiled() -> None:
    end = "    Finished `test` profile [unoptimized + debuginfo] target(s) in 0.25s"
    assert says_compiled(f"   Compiling demo v0.1.0\n{end}\n")
    assert says_compiled("\x1b[1m\x1b[92m    Finished\x1b[0m `dev` profile target(s) in 0.25s")
    assert not says_compiled("   Compiling demo v0.1.0")
    assert not says_compiled("warning: Finished is never used")
    assert not says_compiled("Finished in 0.2 s")
