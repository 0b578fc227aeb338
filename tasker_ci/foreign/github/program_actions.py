"""Actions of the repository that are programs: whether one may start cargo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.runners.mentions import names_cargo

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.checkout import Checkout

_MANIFESTS = {"action.yml", "action.yaml"}
_OTHERS = re.compile(r"docker://|\.sh\b|[\"'](?:bash|sh|make|just)[\"' ]")
"""What may run anything: another image, scripts, runners of tasks."""
_MOST_FILES = 500


def may_start_cargo(checkout: Checkout, folder: PurePosixPath) -> bool:
    """Whether a file of an action's folder names cargo, a script, or cannot be read."""
    key = ("an action that may start cargo", folder)
    found: bool = checkout.once(key, lambda: _may_start_cargo(checkout, folder))
    return found


def _may_start_cargo(checkout: Checkout, folder: PurePosixPath) -> bool:
    depth = len(folder.parts)
    files = [each for each in checkout.in_order if each.parts[:depth] == folder.parts]
    programs = [each for each in files if each.name not in _MANIFESTS]
    if not programs or len(files) > _MOST_FILES:
        return True  # what it runs is not there, or too much
    texts = [checkout.text(each) for each in files if each.suffix != ".md"]
    return any(text is None or names_cargo(text) or _OTHERS.search(text) for text in texts)
