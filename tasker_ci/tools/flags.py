"""Flags that several sessions take, each with its help: one meaning, wherever it is typed."""

from __future__ import annotations

from typing import Annotated, Literal

Profile = Annotated[str | None, "The nextest profile; `ci` under CI, else `default`."]
Package = Annotated[tuple[str, ...], "Only the tests of this package."]
Toolchain = Annotated[str | None, "The rustup toolchain, for example beta."]
Partition = Annotated[str | None, "One shard of the tests, for example slice:1/4."]
Filter = Annotated[str | None, "Only tests that match this nextest filterset."]
NoFailFast = Annotated[bool, "Run all tests, also after a failure."]
Base = Annotated[str | None, "The commit or branch that changes are counted from."]

Changed = Annotated[
    tuple[str, ...], "With --affected: a file that has changed, in place of asking git."
]

StackKind = Annotated[Literal["auto", "compose", "native"] | None, "How services are started."]
NoBuild = Annotated[bool, "Use the services and images that are already built."]
Timeout = Annotated[int | None, "The seconds in which the services have to become healthy."]
Ports = Annotated[
    Literal["fixed", "auto"] | None, "`auto` takes free ports, `fixed` those of the settings."
]
