"""Where this machine has llvm-cov and llvm-profdata."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest


def variables() -> dict[str, str]:
    """Programs that read the profiles of this compiler: the toolchain's, or a distribution's."""
    if all(os.environ.get(name) for name in ("LLVM_COV", "LLVM_PROFDATA")):
        return {name: os.environ[name] for name in ("LLVM_COV", "LLVM_PROFDATA")}
    sysroot = subprocess.check_output(["rustc", "--print", "sysroot"], text=True).strip()
    folders = [
        *Path(sysroot).glob("lib/rustlib/*/bin"),
        *sorted(Path("/usr/lib").glob("llvm-*/bin"), reverse=True),
    ]
    for folder in folders:
        major = folder.parent.name.partition("-")[2]
        # Raw profiles of version 10 are those of LLVM 19 and newer.
        if major.isdigit() and int(major) < 19:
            continue
        if all((folder / name).is_file() for name in ("llvm-cov", "llvm-profdata")):
            return {
                "LLVM_COV": str(folder / "llvm-cov"),
                "LLVM_PROFDATA": str(folder / "llvm-profdata"),
            }
    reason = "there is neither the component llvm-tools nor llvm-19 or newer"
    if os.environ.get("TASKER_TESTS_REQUIRE_TOOLS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
