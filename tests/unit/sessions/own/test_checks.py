"""What doctor reads in the file of a function, without running it."""

from __future__ import annotations

from pathlib import Path

import pytest
import workspaces

from tasker_ci.sessions.own.checks import check_function, check_modules


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("def f(context): ...", "ok"),
        ("if True:\n    def f(context): ...", "ok"),
        ("try:\n    from fast import f\nexcept ImportError:\n    f = None", "ok"),
        ("f: object = print", "ok"),
        ("a, f = print, print", "ok"),
        ("class f: ...", "BROKEN"),
        ("async def f(context): ...", "BROKEN"),
        ("import g as f", "ok"),
        ("from others import *", "note"),
        ("def __getattr__(name): ...", "note"),
        ("def g(context):\n    f = 1", "BROKEN"),
        ("class A:\n    def f(self): ...", "BROKEN"),
        ("g = f", "BROKEN"),
        ("def f(:", "BROKEN"),
    ],
)
def test_a_function_is_looked_for_in_its_file(tmp_path: Path, text: str, state: str) -> None:
    workspaces.write_files(tmp_path, {"mine.py": f"{text}\nraise SystemExit\n"})
    assert check_function(tmp_path, "x", "mine:f").state.value == state


def test_a_file_that_python_passes_over_is_named(tmp_path: Path) -> None:
    workspaces.write_files(tmp_path, {"json.py": "def f(context): ...\n"})
    finding = check_function(tmp_path, "x", "json:f")
    assert finding.state.value == "BROKEN"
    assert "Python has a module json of its own" in finding.found


@pytest.mark.parametrize("file", ["tasker_ci.py", "tasker_ci/__init__.py"])
def test_a_module_that_hides_this_package_is_named(tmp_path: Path, file: str) -> None:
    assert list(check_modules(tmp_path)) == []
    workspaces.write_files(tmp_path, {file: ""})
    (finding,) = check_modules(tmp_path)
    assert finding.found.startswith(f"{tmp_path / file} takes the place of this package")


def test_our_own_checkout_is_no_such_project() -> None:
    assert list(check_modules(Path(__file__).parents[4])) == []
