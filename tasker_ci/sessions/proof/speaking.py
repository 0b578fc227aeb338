"""The run that speaks for the tree at hand: full, green, and under the conditions of here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tasker_ci.sessions.insights.public import access, checked_repository, client_of
from tasker_ci.sessions.proof.green_run import GreenRuns, NotGreen
from tasker_ci.sessions.proof.proof import Unknown, by_digest, conditions_here, tree_here
from tasker_ci.workflows.proven import TITLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context
    from tasker_ci.sessions.proof.green_run import Row
    from tasker_ci.sessions.proof.proof import Conditions

_REQUEST_SECONDS = 15.0
_BUDGET_SECONDS = 90.0


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """A run that has tested this tree."""

    address: str
    runs: GreenRuns
    artifacts: Mapping[str, Row] = field(repr=False)


def speaking_run(
    context: Context, legs: tuple[str, ...], *, image: str | None, hours: int, api: str
) -> Speaking | None:
    """The newest run of which each of the ``legs`` left a proof that holds here; None for none.

    ``image`` is that of the database; None where the project has none. Raises `TaskerCIError` where
    something is not known that has to be.
    """
    given = context.environment
    if given.get("GITHUB_RUN_ATTEMPT") != "1":
        raise Unknown("This run is repeated, so somebody wants to see it run.")
    if image is not None and not by_digest(image):
        raise Unknown("There is no image of the database to compare with.")
    repository = checked_repository(given.get("GITHUB_REPOSITORY", ""))
    client = client_of(
        context,
        access(api, None, given),
        request_seconds=_REQUEST_SECONDS,
        budget_seconds=_BUDGET_SECONDS,
    )
    runs = GreenRuns(
        client=client,
        repository=repository,
        own_run=given.get("GITHUB_RUN_ID", ""),
        now=datetime.now(UTC),
        hours=hours,
        runs_anyway=(TITLE, *context.settings.workflows.own),
    )
    here = _Here(context=context, image=image or "")
    for run in runs.of_tree(tree_here(context)):
        server = given.get("GITHUB_SERVER_URL", "https://github.com")
        address = f"{server}/{repository}/actions/runs/{run['id']}"
        try:
            runs.check_jobs(run)
            artifacts = runs.artifacts(run)
            for leg in legs:
                here.check(runs.proof(artifacts, run, leg).conditions, leg)
        except NotGreen as error:
            context.reporter.line(f"note: {address} does not count: {error.message}.")
        else:
            return Speaking(address=address, runs=runs, artifacts=artifacts)
    return None


@dataclass(kw_only=True)
class _Here:
    """What holds here, asked once for each toolchain."""

    context: Context
    image: str
    known: dict[str, Conditions] = field(default_factory=dict)

    def check(self, there: Conditions, leg: str) -> None:
        """Raises `NotGreen` where a job ran under other conditions than it would here."""
        name = there.toolchain
        if name not in self.known:
            self.known[name] = conditions_here(self.context, image=self.image, toolchain=name)
        here = self.known[name]
        for what in ("tree", "compiler", "machine", "version"):
            if getattr(there, what) != getattr(here, what):
                raise NotGreen(f"{leg} had another {what}")
        if there.image and there.image != here.image:
            raise NotGreen(f"{leg} had another image")
