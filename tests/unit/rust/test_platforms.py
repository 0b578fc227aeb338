from __future__ import annotations

from tasker_ci.rust.platforms import cfg_of_triple


def test_what_a_compiler_prints_for_well_known_targets() -> None:
    linux = cfg_of_triple("x86_64-unknown-linux-gnu")
    windows = cfg_of_triple("x86_64-pc-windows-msvc")
    assert linux is not None
    assert windows is not None
    assert linux.sets("unix", None)
    assert linux.sets("target_env", "gnu")
    assert linux.sets("target_has_atomic", "64")
    assert linux.sets("debug_assertions", None)
    assert linux.sets("target_os", "windows") is False
    assert windows.sets("windows", None)
    assert windows.sets("target_family", "windows")
    assert windows.sets("target_abi", "")


def test_a_name_with_a_dot_and_one_that_nobody_knows() -> None:
    found = cfg_of_triple("thumbv8m.base-none-eabi")
    assert found is not None
    assert found.sets("target_os", "none")
    assert cfg_of_triple("x86_64-nobody-knows") is None
