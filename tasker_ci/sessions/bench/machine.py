"""Which machine measures: numbers of two machines are never held against one another."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Command, Output
from tasker_ci.process.processors import processors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context

_PROCESSORS = Path("/proc/cpuinfo")
_SECONDS = 10.0
_NAMES = ("model name", "CPU implementer", "CPU part")
"""What names a processor: the second and third one do on ARM."""
_NUMBERS = ("cpu family", "model", "stepping", "CPU variant", "CPU revision")
"""What tells apart those whose name a virtual machine shortens (`AMD EPYC`)."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """The computer as it presents itself."""

    name: str
    system: str
    cpu: str | None
    """Its model; None where the system does not say."""
    cpus: int
    """How many of them this process may use."""


def this_host(context: Context) -> Host:
    """Ask the system."""
    try:
        cpu = read_processors(_PROCESSORS.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        cpu = _from_sysctl(context)
    return Host(
        name=platform.node(),
        system=f"{sys.platform} {platform.machine()}",
        cpu=cpu,
        cpus=processors(),
    )


def read_processors(text: str) -> str | None:
    """The models in ``/proc/cpuinfo``, each once: a machine may have cores of two kinds."""
    models: dict[str, None] = {}
    for block in text.split("\n\n"):
        values = dict(re.findall(r"^([\w ]+?)\s*:\s*(.*?)\s*$", block, re.MULTILINE))
        named = [values[name] for name in _NAMES if values.get(name)]
        numbers = [f"{name} {values[name]}" for name in _NUMBERS if values.get(name)]
        if named:
            models[" ".join(named) + (f" ({', '.join(numbers)})" if numbers else "")] = None
    return " + ".join(models) or None


def machine_facts(
    host: Host, environment: Mapping[str, str], *, name: str | None = None
) -> dict[str, str | int]:
    """What has to be alike in two results of one machine.

    GitHub gives every job another host, of one of several models of processors: there the image
    takes the place of the host's name, and the model decides. ``name`` is one of the settings,
    for hosts that come and go elsewhere. A processor that nobody knows is like no other host's.
    """
    hosted = environment.get("RUNNER_ENVIRONMENT") == "github-hosted"
    image = environment.get("ImageOS") or environment.get("RUNNER_OS", "")
    return {
        "machine": name or (f"GitHub's runner {image}".strip() if hosted else host.name),
        "system": host.system,
        "cpu": host.cpu or f"unknown, of {host.name}",
        "cpus": host.cpus,
    }


def _from_sysctl(context: Context) -> str | None:
    """What macOS says."""
    command = Command(
        argv=("sysctl", "-n", "machdep.cpu.brand_string"),
        cwd=context.project_root,
        environment=context.environment,
    )
    try:
        answer = context.runner.run(command, output=Output.CAPTURE, timeout=_SECONDS)
    except TaskerCIError:
        return None
    return None if answer.exit_code else answer.stdout.strip() or None
