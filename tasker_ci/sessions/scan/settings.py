"""Settings of the scan of images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal


@dataclass(frozen=True, kw_only=True)
class ScanIgnore:
    id: Annotated[str, "The vulnerability, for example `CVE-2023-45853`."]
    reason: Annotated[str, "Why it does not matter here."]
    review: Annotated[date, "From this day on the ignore is a warning that asks for a new look."]


@dataclass(frozen=True, kw_only=True)
class ScanSettings:
    pipeline: Annotated[
        bool, "Whether it is a stage of the pipeline: of `ci` and the workflows."
    ] = False
    images: Annotated[
        tuple[str, ...],
        "Images to scan beside that of the database; for the workflow public ones, or of ghcr.io.",
    ] = ()
    scanner: Annotated[
        Literal["auto", "trivy", "grype"], "The scanner; `auto`: trivy, else grype, from PATH."
    ] = "auto"
    severity: Annotated[
        Literal["low", "medium", "high", "critical"], "From which severity on a finding is red."
    ] = "high"
    seconds: Annotated[int, "How long the scan of one image may take, its database included."] = 900
    unfixed: Annotated[
        Literal["fail", "pass"], "What a finding does for which there is no mended version yet."
    ] = "fail"
    ignore: Annotated[tuple[ScanIgnore, ...], "Findings to leave out, each with its reason."] = ()
