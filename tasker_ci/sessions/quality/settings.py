"""Settings of the lints and of the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from tasker_ci.settings.cargo_features import OwnFeatures

ClippyTargets = Literal["all"] | tuple[Literal["lib", "bins", "tests", "examples", "benches"], ...]
"""`all` is --all-targets, a list has a flag for each."""


@dataclass(frozen=True, kw_only=True)
class ClippySettings:
    services: Annotated[
        tuple[str, ...], "Services that run meanwhile, with a migrated database."
    ] = ()
    features: Annotated[OwnFeatures, "Cargo features for clippy alone."] = "inherit"
    targets: Annotated[ClippyTargets, "What clippy looks at, where some cannot be built."] = "all"
    lint_arguments: Annotated[tuple[str, ...], "What follows `--` on clippy's command line."] = (
        "-D",
        "warnings",
    )


@dataclass(frozen=True, kw_only=True)
class DocSettings:
    services: Annotated[
        tuple[str, ...], "Services that run meanwhile, with a migrated database."
    ] = ()
    features: Annotated[OwnFeatures, "Cargo features for rustdoc alone."] = "inherit"
    warnings: Annotated[Literal["allow", "deny"], "`deny` makes rustdoc's warnings errors."] = (
        "allow"
    )
