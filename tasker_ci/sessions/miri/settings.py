"""Settings of the tests under miri: the table ``[miri]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tasker_ci.settings.cargo_features import OwnFeatures

COMPONENTS = ("miri", "rust-src")
"""What the toolchain has to have."""


@dataclass(frozen=True, kw_only=True)
class MiriSettings:
    pipeline: Annotated[
        bool, "Whether it is a stage of the pipeline: of `ci` and the workflows."
    ] = False
    packages: Annotated[
        tuple[str, ...], "The packages whose tests run under miri, which is slow."
    ] = ()
    toolchain: Annotated[str, "The nightly that has miri."] = "nightly"
    features: Annotated[OwnFeatures, "Cargo features under miri alone."] = "inherit"
    flags: Annotated[
        tuple[str, ...], "What MIRIFLAGS gets, unless the variable is set: `-Zmiri-…`."
    ] = ()
