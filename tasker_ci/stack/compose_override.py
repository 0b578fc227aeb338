"""The file that adapts a compose file to one run: the ports of this machine, and labels."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ComposeFileError
from tasker_ci.text.moved_folders import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.stack.base import Plan

WORKSPACE_LABEL = "tasker-ci.workspace"
RUN_LABEL = "tasker-ci.run"
NUMBER_LABEL = "tasker-ci.workspace-number"
"""The workspace's folder by its number, which tells it from one that lies there later."""


def override_text(model: Mapping[str, Any], plan: Plan) -> str:
    """The override as YAML: the plan's ports in place of all others, and the labels of the run.

    ``model`` is what `docker compose config --format json` says of the compose file. Ports are
    published on 127.0.0.1 only. Raises `ComposeFileError` if a service of the plan is not in it.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedSeq
    from ruamel.yaml.tag import Tag

    def override(ports: list[str]) -> CommentedSeq:
        result = CommentedSeq(ports)
        result.yaml_set_ctag(Tag(suffix="!override"))  # a plain list would be added to theirs
        return result

    document = override_document(model, plan)
    for service in document["services"].values():
        if "ports" in service:
            service["ports"] = override(service["ports"])
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 4096
    text = io.StringIO()
    yaml.dump(document, text)
    return text.getvalue()


def override_document(model: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """The same as plain data."""
    services = model.get("services") or {}
    missing = [each.service for each in plan.endpoints if each.service not in services]
    if missing:
        raise ComposeFileError(
            f"The compose file has no service `{missing[0]}`, which the settings name.",
            next_step=f"Its services are {', '.join(sorted(services)) or 'none'}: add it there, or "
            "mend `integration.services` and `integration.database.service`.",
        )
    labels = {WORKSPACE_LABEL: str(plan.workspace), RUN_LABEL: plan.run}
    if number := number_of(plan.workspace):
        labels[NUMBER_LABEL] = number
    document: dict[str, Any] = {
        "services": {name: _service(name, row, plan, labels) for name, row in services.items()}
    }
    for kind in ("networks", "volumes"):
        own = [name for name, row in (model.get(kind) or {}).items() if not _external(row)]
        if own:
            document[kind] = {name: {"labels": dict(labels)} for name in own}
    return document


def _service(
    name: str, row: Mapping[str, Any], plan: Plan, labels: Mapping[str, str]
) -> dict[str, Any]:
    result: dict[str, Any] = {"labels": dict(labels)}
    if row.get("build"):
        result["build"] = {"labels": dict(labels)}
    for endpoint in plan.endpoints:
        if endpoint.service == name:
            published = f"127.0.0.1:{endpoint.port}:{endpoint.container_port}"
            result["ports"] = [published] if endpoint.port else []
    return result


def _external(row: Mapping[str, Any] | None) -> bool:
    return bool((row or {}).get("external"))


def started_services(model: Mapping[str, Any], plan: Plan) -> tuple[str, ...]:
    """The services of the plan and all that they depend on, in the order of the compose file."""
    services = model.get("services") or {}
    wanted: set[str] = set()
    waiting = [each.service for each in plan.endpoints]
    while waiting:
        name = waiting.pop()
        if name in services and name not in wanted:
            wanted.add(name)
            waiting += services[name].get("depends_on") or {}
    return tuple(name for name in services if name in wanted)
