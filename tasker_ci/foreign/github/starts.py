"""The ways in which GitHub starts a workflow, and what `github` is then.

https://docs.github.com/actions/reference/events-that-trigger-workflows
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.github.values import UNKNOWN, Partial, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.foreign.github.document import Trigger, Workflow

REPOSITORY = "/\ue001"
"""Where the repository is on the machine, as an absolute path: nobody knows the real one."""

_MOST_STARTS = 40
_BRANCH, _TAG = "refs/heads/", "refs/tags/"
_WILDCARD = re.compile(r"[*?+\[\]!\\]")

_REFS = {
    "pull_request": "refs/pull/",
    "pull_request_review": "refs/pull/",
    "pull_request_target": _BRANCH,
    "merge_group": "refs/heads/gh-readonly-queue/",
    "release": _TAG,
    "schedule": _BRANCH,
    "workflow_run": _BRANCH,
    "issue_comment": _BRANCH,
    "issues": _BRANCH,
    "workflow_dispatch": "refs/",
}
_ACTIONS = {
    "pull_request": ("opened", "synchronize", "reopened"),
    "pull_request_target": ("opened", "synchronize", "reopened"),
    "merge_group": ("checks_requested",),
}
"""Of a trigger without ``types``."""

_PAYLOAD = {
    "pull_request": ("pull_request",),
    "number": ("pull_request",),
    "review": ("pull_request_review",),
    "release": ("release",),
    "inputs": ("workflow_dispatch",),
    "workflow_run": ("workflow_run",),
    "merge_group": ("merge_group",),
    "issue": ("issue",),
    "comment": ("issue_comment", "pull_request_review_comment", "commit_comment"),
    "schedule": ("schedule",),
    "head_commit": ("push",),
    "commits": ("push",),
    "client_payload": ("repository_dispatch",),
}
"""Entries of `github.event` and the events, by how they begin, that have them."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """One way in which GitHub starts a workflow: an event, with what filters say of its branch."""

    trigger: Trigger
    github: Mapping[str, Any] = field(default_factory=Partial)
    """The context `github`."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """The context `inputs`: what a person may give."""

    @property
    def event(self) -> str:
        return self.trigger.event


def starts_of(workflow: Workflow) -> tuple[Start, ...]:
    """The ways in which a workflow starts by itself; none for one that others call."""
    triggers = [each for each in workflow.triggers.values() if each.event != "workflow_call"]
    found = [
        _start(workflow, trigger, reference, payload)
        for trigger in triggers
        for reference in _references(trigger)
        for payload in _payloads(trigger)
    ]
    if len(found) > _MOST_STARTS:
        return tuple(_start(workflow, each, UNKNOWN, {}) for each in triggers[:_MOST_STARTS])
    return tuple(found)


def _start(
    workflow: Workflow, trigger: Trigger, reference: Any, payload: Mapping[str, Any]
) -> Start:
    event = trigger.event
    absent = {name: None for name, events in _PAYLOAD.items() if not event.startswith(events)}
    inputs: Mapping[str, Any] = {}
    if event == "workflow_dispatch":
        inputs = Partial() if workflow.inputs else {}
    pulls = event in {"pull_request", "pull_request_target"}
    other = "" if event in {"push", "schedule", "workflow_dispatch"} else UNKNOWN
    github = Partial(
        event_name=event,
        event=Partial({**absent, **payload}),
        ref=reference,
        ref_type=_kind(reference),
        ref_name=_name(reference),
        head_ref=Unknown(truth=True) if pulls else other,
        base_ref=_base(trigger) if pulls else other,
        workflow=workflow.name or str(workflow.path),
        workspace=REPOSITORY,
    )
    return Start(trigger=trigger, github=github, inputs=inputs)


def _references(trigger: Trigger) -> Iterator[Any]:
    """What `github.ref` may be."""
    if trigger.event != "push":
        prefix = _REFS.get(trigger.event, "")
        if "closed" in trigger.filters.get("types", ()):  # of a merged one it is the base
            prefix = "refs/"
        yield Unknown(truth=True, prefix=prefix)
        return
    filters = trigger.filters
    branches, tags = filters.get("branches"), filters.get("tags")
    ignores = "branches-ignore" in filters
    if branches is not None:
        yield from _of_patterns(_BRANCH, branches)
    elif ignores or not (tags or "tags-ignore" in filters):
        yield Unknown(truth=True, prefix=_BRANCH)
    if tags is not None:
        yield from _of_patterns(_TAG, tags)
    elif "tags-ignore" in filters or not (branches or ignores):
        yield Unknown(truth=True, prefix=_TAG)


def _of_patterns(kind: str, patterns: tuple[str, ...]) -> Iterator[Any]:
    for pattern in patterns:
        if pattern.startswith("!"):
            continue
        wildcard = _WILDCARD.search(pattern)
        if not wildcard:
            yield f"{kind}{pattern}"
            continue
        end = wildcard.start()
        if wildcard[0] in "?+":  # both are about the letter before
            end = max(end - 1, 0)
        yield Unknown(truth=True, prefix=f"{kind}{pattern[:end]}")


def _payloads(trigger: Trigger) -> Iterator[dict[str, Any]]:
    """What is known of `github.event`."""
    if trigger.event == "schedule":
        yield from ({"schedule": cron} for cron in trigger.filters.get("cron", ("",)))
        return
    actions = trigger.filters.get("types") or _ACTIONS.get(trigger.event)
    yield from ({"action": action} for action in actions) if actions else ({},)


def _base(trigger: Trigger) -> Any:
    branches = trigger.filters.get("branches", ())
    single = len(branches) == 1 and not _WILDCARD.search(branches[0])
    return branches[0] if single else Unknown(truth=True)


def _kind(reference: Any) -> Any:
    text = reference.prefix if isinstance(reference, Unknown) else reference
    if text.startswith(_TAG):
        return "tag"
    return "branch" if text.startswith(_BRANCH) else UNKNOWN


def _name(reference: Any) -> Any:
    known = isinstance(reference, str)
    text = reference if known else reference.prefix
    kind = next((each for each in (_BRANCH, _TAG) if text.startswith(each)), None)
    if kind is None:
        return UNKNOWN
    rest = text.removeprefix(kind)
    return rest if known else Unknown(truth=True, prefix=rest)
