"""The override of a run: ports and labels, nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tasker_ci.errors import ComposeFileError
from tasker_ci.stack.base import Endpoint, Plan
from tasker_ci.stack.compose_override import override_document, override_text, started_services
from tasker_ci.text.moved_folders import is_same_folder

LABELS = {"tasker-ci.workspace": "/w", "tasker-ci.run": "run"}


def plan(*services: tuple[str, int, int], database: tuple[str, int, int] | None = None) -> Plan:
    def endpoint(service: str, port: int, inside: int) -> Endpoint:
        return Endpoint(service=service, port=port, container_port=inside, health="")

    return Plan(
        run="run",
        workspace=Path("/w"),
        folder=Path("/w/target/run"),
        logs=Path("/w/target/logs"),
        database=endpoint(*database) if database else None,
        services=tuple(endpoint(*each) for each in services),
        environment={},
    )


def model(**services: dict[str, Any]) -> dict[str, Any]:
    return {"services": services, "networks": {"default": {"name": "run_default"}}}


def test_the_ports_of_the_plan_replace_those_of_the_file() -> None:
    text = override_text(
        model(web={"ports": [{"target": 80}]}, db={}),
        plan(("web", 18080, 80), database=("db", 15432, 5432)),
    )
    assert "ports: !override" in text
    services = YAML().load(text)["services"]
    assert list(services["web"]["ports"]) == ["127.0.0.1:18080:80"]
    assert list(services["db"]["ports"]) == ["127.0.0.1:15432:5432"]


def test_a_service_without_a_port_publishes_none() -> None:
    text = override_text(model(job={"ports": [{"target": 80}]}), plan(("job", 0, 0)))
    assert list(YAML().load(text)["services"]["job"]["ports"]) == []


def test_services_that_the_plan_does_not_name_keep_their_ports_and_get_the_labels() -> None:
    document = override_document(model(web={}, redis={}), plan(("web", 18080, 80)))
    assert document["services"]["redis"] == {"labels": LABELS}


def test_everything_that_is_made_for_the_run_is_labelled_and_nothing_of_others() -> None:
    found = {
        **model(web={"build": {"context": "."}}),
        "networks": {"default": {"name": "x"}, "shared": {"external": True}},
        "volumes": {"data": None, "theirs": {"external": True}},
    }
    document = override_document(found, plan(("web", 1, 1)))
    assert document["services"]["web"]["build"] == {"labels": LABELS}
    assert document["networks"] == {"default": {"labels": LABELS}}
    assert document["volumes"] == {"data": {"labels": LABELS}}


def test_a_service_that_the_file_lacks_is_an_error_that_lists_what_there_is() -> None:
    with pytest.raises(ComposeFileError, match="no service `worker`") as raised:
        override_document(model(web={}, db={}), plan(("worker", 1, 1)))
    assert "db, web" in raised.value.next_step


def test_what_starts_are_the_services_of_the_plan_and_what_they_depend_on() -> None:
    found = model(
        unwanted={},
        seed={"depends_on": {"db": {}}},
        db={},
        web={"depends_on": {"seed": {"condition": "service_completed_successfully"}}},
    )
    assert started_services(found, plan(("web", 1, 1))) == ("seed", "db", "web")


def test_the_labels_tell_the_workspace_from_one_that_lies_there_later(tmp_path: Path) -> None:
    row = override_document(model(web={}), replace(plan(), workspace=tmp_path))["services"]["web"]
    assert is_same_folder(tmp_path, row["labels"]["tasker-ci.workspace-number"], tmp_path)
