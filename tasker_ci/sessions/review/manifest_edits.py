"""Jobs that change manifests before cargo reads them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.reading import CiReading

_EDITS = re.compile(
    r"(?:>\s*[\"']?|\b(?:cp|mv|rm|sed|tee|perl|patch|install|awk|yq|ln)\b[^\n|;&]*?[\s/\"'])"
    r"(?:[\w./${}-]*/)?Cargo\.toml\b|\bcargo\s+(?:new|init|add|remove|rm)\b|\bgit\s+(?:apply|am)\b"
)


class ManifestEdits:
    """What the commands of a CI change in manifests."""

    def __init__(self, reading: CiReading) -> None:
        self._reading = reading

    @cached_property
    def _runs(self) -> frozenset[int]:
        """The legs with a command that changes one, in scripts and actions too."""
        commands = self._reading.commands
        return frozenset(id(each.around.run) for each in commands if _EDITS.search(each.text))

    def may_come_before(self, command: Command) -> bool:
        """Whether the job of a command, or a script on the way to it, may have changed one."""
        checkout, run = self._reading.checkout, command.around.run
        files = {command.place.file, *(place.file for place in command.trail)} - {run.workflow.path}
        scripts = [step.run or "" for step in run.job.steps]
        scripts += [checkout.text(file) or "" for file in sorted(files)]  # `echo >>` is no command
        return id(run) in self._runs or any(map(_EDITS.search, scripts))
