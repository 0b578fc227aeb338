"""Jobs that change manifests before cargo reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command

_EDITS = re.compile(
    r"(?:>\s*[\"']?|\b(?:cp|mv|rm|sed|tee|perl|patch|install|awk|yq|git\s+apply|ln)\b[^\n|;&]*?[\s/\"'])"
    r"(?:[\w./${}-]*/)?Cargo\.toml\b|\bcargo\s+(?:new|init|add|remove|rm)\b|\bgit\s+(?:apply|am)\b"
)


def edits_manifests(checkout: Checkout, command: Command) -> bool:
    """Whether the job of a command, or a script on the way to it, may have changed a manifest."""
    scripts = [step.run or "" for step in command.around.run.job.steps]
    files = {command.place.file, *(place.file for place in command.trail)}
    files.discard(command.around.run.workflow.path)
    scripts += [checkout.text(file) or "" for file in sorted(files)]
    return any(_EDITS.search(script) for script in scripts)
