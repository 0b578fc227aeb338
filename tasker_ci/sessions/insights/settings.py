"""Settings of the insights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class InsightsSettings:
    total_minutes: Annotated[int, "Target: a run takes less than so many minutes."] = 10
    hit_rate: Annotated[
        int, "Target: more than so many percent of sccache's requests are hits."
    ] = 80
    parallel_gain: Annotated[
        int, "Target: one after the other the unit tests would take more than so many times longer."
    ] = 2
    stability: Annotated[
        int, "Target: integration is green at the first attempt in more than so many percent."
    ] = 95
    request_seconds: Annotated[int, "How long one request to GitHub may take."] = 30
    limit_seconds: Annotated[
        int, "How long asking GitHub may take altogether, waiting for its rate limits as well."
    ] = 300
