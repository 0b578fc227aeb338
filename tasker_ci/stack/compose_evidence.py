"""What is kept of a Compose stack when something failed: states, probes, logs, configuration."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from heapq import merge
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Output
from tasker_ci.process.kept_output import every_line
from tasker_ci.stack.log_files import log_file
from tasker_ci.text.file_writing import PRIVATE, make_private_folder, whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.stack.compose_state import Container
    from tasker_ci.stack.docker import Docker
    from tasker_ci.text.masking import Secrets

_STAMPED = re.compile(r"^(\d{4}-\d\d-\d\dT[\d:.]+Z) ?")
_LOG_SECONDS = 10.0


def container_log(docker: Docker, container: str, *, lines: int | None = None) -> Iterator[str]:
    """What a container printed, both streams in the order of their times, each line with its time.

    However long, it is not kept in memory. Not ended by a signal. Raises if the daemon does not
    answer.
    """
    tail = () if lines is None else ("--tail", str(lines))
    answer = docker.run(
        "logs",
        "--timestamps",
        *tail,
        container,
        timeout=_LOG_SECONDS,
        shielded=True,
        output=Output.CAPTURE_BOTH,
    )
    if answer.exit_code:
        docker.check_daemon(shielded=True)
    return merge(
        every_line(answer.stdout, answer.whole_stdout),
        every_line(answer.stderr, answer.whole_stderr),
        key=lambda line: stamp[1] if (stamp := _STAMPED.match(line)) else "",
    )


def without_time(line: str) -> str:
    """A line of `container_log` as it was printed."""
    return _STAMPED.sub("", line)


def write_evidence(
    folder: Path,
    docker: Docker,
    secrets: Secrets,
    containers: Callable[[], tuple[Container, ...]],
    model: Mapping[str, Any],
    *,
    within: Path,
) -> None:
    """Write `ps.json`, `health.json`, `<service>.log` and `config.json` into ``folder``.

    ``model`` is the resolved configuration. What cannot be had is named in its file's place. Raises
    `OSError` if the folder cannot be written, and `UnsafePlace` for a link below ``within``.
    """
    make_private_folder(folder, within=within)
    write = _Writer(folder, secrets, within)
    found: tuple[Container, ...] = ()

    def ask() -> list[dict[str, Any]]:
        nonlocal found
        found = containers()
        return [vars(container) for container in found]

    write.document("ps.json", ask)
    write.document("config.json", lambda: model)
    if not found:
        return
    ids = [container.id for container in found]
    write.document("health.json", lambda: _states(docker.text("inspect", *ids, shielded=True)))
    by_service: dict[str, list[str]] = {}
    for container in found:
        by_service.setdefault(container.service, []).append(container.id)
    for service, names in by_service.items():
        write.lines(
            log_file(folder, service).name,
            (line for name in names for line in container_log(docker, name)),
        )


def _states(text: str) -> dict[str, Any]:
    """Of an inspection only the state with its probes: the environment holds the keys."""
    return {
        document["Name"].removeprefix("/"): {
            "restarts": document.get("RestartCount", 0),
            **document["State"],
        }
        for document in json.loads(text)
    }


class _Writer:
    def __init__(self, folder: Path, secrets: Secrets, within: Path) -> None:
        self._folder = folder
        self._secrets = secrets
        self._within = within

    def document(self, name: str, ask: Callable[[], Any]) -> None:
        self.text(name, lambda: json.dumps(self._secrets.hidden_in(ask()), indent=2))

    def lines(self, name: str, lines: Iterable[str]) -> None:
        with self._open(name) as file:
            try:
                file.writelines(line + "\n" for line in self._secrets.hidden_lines(lines))
            except TaskerCIError as error:
                file.write(self._secrets.hidden(f"not to be had: {error.message}") + "\n")

    def text(self, name: str, ask: Callable[[], str]) -> None:
        try:
            text = ask()
        except TaskerCIError as error:
            text = f"not to be had: {error.message}"
        with self._open(name) as file:
            file.write(self._secrets.hidden(text) + "\n")

    @contextmanager
    def _open(self, name: str) -> Iterator[TextIOWrapper]:
        with whole_file(self._folder / name, within=self._within, mode=PRIVATE) as stream:
            text = TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace")
            yield text
            text.detach()
