"""Settings of the check with the oldest Rust: the table ``[msrv]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tasker_ci.settings.cargo_features import OwnFeatures


@dataclass(frozen=True, kw_only=True)
class MsrvSettings:
    features: Annotated[OwnFeatures, "Cargo features for the check with the oldest Rust alone."] = (
        "inherit"
    )
