"""Settings of the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal


@dataclass(frozen=True, kw_only=True)
class AuditIgnore:
    id: Annotated[str, "The advisory, for example `RUSTSEC-2023-0071`."]
    reason: Annotated[str, "Why it does not matter here."]
    review: Annotated[date, "From this day on the ignore is a warning that asks for a new look."]


@dataclass(frozen=True, kw_only=True)
class AuditSettings:
    database: Annotated[
        str, "Folder of an advisory database to use without any network; empty: fetch."
    ] = ""
    require_database: Annotated[
        Literal["auto"] | bool,
        "Whether having no database at all is an error; `auto`: under CI, "
        "and elsewhere `ci` says NOT CHECKED and goes on.",
    ] = "auto"
    fetch_attempts: Annotated[int, "How often fetching the database is tried."] = 3
    deny: Annotated[
        tuple[Literal["unmaintained", "unsound", "yanked"], ...],
        "Kinds of warning that fail the audit like a vulnerability.",
    ] = ()
    ignore: Annotated[
        tuple[AuditIgnore, ...], "Advisories to leave out, each with its reason."
    ] = ()
