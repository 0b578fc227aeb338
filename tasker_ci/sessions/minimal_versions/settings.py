"""Settings of the check with the oldest versions: the table ``[minimal-versions]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tasker_ci.settings.cargo_features import OwnFeatures


@dataclass(frozen=True, kw_only=True)
class MinimalVersionsSettings:
    pipeline: Annotated[
        bool, "Whether it is a stage of the pipeline: of `ci` and the workflows."
    ] = False
    toolchain: Annotated[str, "The nightly that chooses the versions; it compiles nothing."] = (
        "nightly"
    )
    features: Annotated[OwnFeatures, "Cargo features for this check alone."] = "inherit"
