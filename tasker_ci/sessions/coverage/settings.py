"""Settings of the coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal


@dataclass(frozen=True, kw_only=True)
class CoverageSettings:
    pipeline: Annotated[
        bool, "Whether it is a stage of the pipeline: of `ci` and the workflows."
    ] = False
    lines: Annotated[int, "How many percent of the lines tests have to reach; 0: any."] = 0
    packages: Annotated[
        Mapping[str, int], "The same for one package, by its name; `*` is every other one."
    ] = field(default_factory=dict)
    doctests: Annotated[
        Literal["auto"] | bool,
        "Whether examples of the documentation count; `auto`: on a nightly, which alone can.",
    ] = "auto"
    llvm: Annotated[
        str, "Folder of llvm-cov and llvm-profdata; empty: those of the toolchain or of its LLVM."
    ] = ""
    upload: Annotated[
        Literal["none", "codecov"], "Where the workflow's job uploads it, without a stored token."
    ] = "none"
