"""Settings of the examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from tasker_ci.settings.cargo_features import OwnFeatures


@dataclass(frozen=True, kw_only=True)
class Example:
    """How one example is run, and what it has to do."""

    command: Annotated[
        tuple[str, ...], "How it is started in the workspace; `{example}` is the built program."
    ] = ("{example}",)
    exit_code: Annotated[int, "The exit code that it has to end with."] = 0
    output: Annotated[tuple[str, ...], "Texts that its standard output has to hold."] = ()
    pattern: Annotated[str, "A regular expression that its standard output has to match."] = ""
    seconds: Annotated[int, "How long it may take."] = 60
    services: Annotated[tuple[str, ...], "Services that it needs, with a migrated database."] = ()


@dataclass(frozen=True, kw_only=True)
class ExamplesSettings:
    features: Annotated[OwnFeatures, "Cargo features for the examples alone."] = "inherit"
    unvalidated: Annotated[
        Literal["warn", "error"], "Whether an example that is built and never run is an error."
    ] = "warn"
    run: Annotated[
        Mapping[str, Example], "The examples that are run: `name`, or `package::name`."
    ] = field(default_factory=dict)
