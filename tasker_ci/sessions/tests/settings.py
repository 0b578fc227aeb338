"""Settings of the unit tests and doctests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tasker_ci.settings.cargo_features import OwnFeatures
from tasker_ci.settings.quarantine import QuarantinedTest


@dataclass(frozen=True, kw_only=True)
class UnitSettings:
    services: Annotated[
        tuple[str, ...], "Services that run meanwhile, with a migrated database."
    ] = ()
    features: Annotated[OwnFeatures, "Cargo features for the unit tests alone."] = "inherit"
    cargo_test: Annotated[
        tuple[str, ...],
        "Packages (`name`) or targets (`package::target`) that plain `cargo test` runs: what "
        "nextest cannot list, or tests that only pass in one process.",
    ] = ()
    quarantine: Annotated[
        tuple[QuarantinedTest, ...],
        "Tests of nextest that run and whose failure is shown, counted and not red, each until its "
        "`review`.",
    ] = ()


@dataclass(frozen=True, kw_only=True)
class DoctestSettings:
    services: Annotated[
        tuple[str, ...], "Services that run meanwhile, with a migrated database."
    ] = ()
    features: Annotated[OwnFeatures, "Cargo features for doctests alone."] = "inherit"
