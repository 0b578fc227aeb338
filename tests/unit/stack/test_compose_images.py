"""The commands that build the images of a stack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasker_ci.stack.base import Endpoint, Plan
from tasker_ci.stack.compose_file import ComposeFile
from tasker_ci.stack.compose_images import build_commands

PLAN = Plan(
    run="run",
    workspace=Path("/w"),
    folder=Path("/w/target/run"),
    logs=Path("/logs"),
    database=None,
    services=(Endpoint(service="web", port=0, container_port=0, health=""),),
    environment={},
)


def file_with(**web: Any) -> ComposeFile:
    return ComposeFile(
        path=Path("/w/compose.yml"),
        plan=PLAN,
        environment={"PATH": "/bin"},
        model={"services": {"web": web, "unwanted": {"build": {"context": "/no"}}}},
    )


def test_each_image_is_built_by_a_command_that_shows_no_argument_value() -> None:
    build = {
        "context": "/c",
        "dockerfile": "/elsewhere/Dockerfile",
        "args": {"TOKEN": "value", "UNSET": None},
        "target": "last",
        "labels": {"tasker-ci.run": "run"},
    }
    (command,) = build_commands(file_with(build=build), ("--force-rm",))
    assert str(command) == (
        "docker build --force-rm --tag run-web --file /elsewhere/Dockerfile --target last "
        "--build-arg TOKEN --label tasker-ci.run=run /c"
    )
    assert command.environment["TOKEN"] == "value"


def test_a_dockerfile_lies_in_its_context_and_an_image_may_have_a_name() -> None:
    (command,) = build_commands(file_with(build={"context": "/c"}, image="mine:1"), ())
    assert str(command) == "docker build --tag mine:1 --file /c/Dockerfile /c"


def test_what_says_more_is_left_to_compose() -> None:
    build = {"context": "/c", "dockerfile_inline": "FROM scratch"}
    (command,) = build_commands(file_with(build=build), ())
    assert command.argv[-2:] == ("build", "web")
    assert "--project-name run" in str(command)


def test_a_stack_without_builds_builds_nothing() -> None:
    assert build_commands(file_with(image="x"), ()) == ()


def test_programs_are_needed_only_where_a_context_lies_in_their_folder() -> None:
    assert file_with(build={"context": "/w/target/run/binaries/web"}).needs_programs
    assert not file_with(build={"context": "/w"}).needs_programs
    assert not file_with(image="x").needs_programs
