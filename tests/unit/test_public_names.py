"""What the package's root hands on: enough to write a session, and cheap to import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tasker_ci


def test_every_public_name_is_there_and_documented() -> None:
    for name in tasker_ci.__all__:
        value = getattr(tasker_ci, name)
        assert name.startswith("__") or value.__doc__, name


def test_what_types_see_is_what_is_handed_on() -> None:
    tree = ast.parse(Path(tasker_ci.__file__).read_text(encoding="utf-8"))
    (typed,) = (node for node in tree.body if isinstance(node, ast.If))
    names = {
        alias.name: node.module
        for node in typed.body
        if isinstance(node, ast.ImportFrom) and node.module != "invoke"
        for alias in node.names
    }
    given = {name: module for module, each in tasker_ci._HOMES.items() for name in each}
    assert names == given
    assert given.keys() < set(tasker_ci.__all__)


def test_a_name_that_is_not_there_is_an_error_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'tasker_ci' has no attribute 'Sesion'"):
        _ = tasker_ci.Sesion
    with pytest.raises(ImportError, match="Sesion"):
        exec("from tasker_ci import Sesion", {})


def test_the_root_imports_nothing_before_it_is_asked() -> None:
    code = (
        "import sys, tasker_ci;"
        "print(sorted(name for name in sys.modules if name.startswith('tasker_ci')))"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ast.literal_eval(completed.stdout) == ["tasker_ci", "tasker_ci.version"]
