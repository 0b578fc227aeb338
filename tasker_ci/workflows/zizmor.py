"""zizmor.yml: the rules that are switched off, each with its reason; no file where none is."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.workflows.files import GeneratedFile, with_header

if TYPE_CHECKING:
    from tasker_ci.workflows.inputs import Inputs

PATH = PurePosixPath(".github/zizmor.yml")

_SELF_REPOSITORY = """\
  # `./` names actions and workflows of this repository: it runs on GitHub, GitHub Enterprise
  # Server, Forgejo and on a machine of one's own, where `$/`, which zizmor wants, is not known yet.
  self-repository:
    disable: true
"""
_SELF_HOSTED = """\
  # The setting `workflows.runner` asks for these runners.
  self-hosted-runner:
    disable: true
"""
_COOLDOWN = """\
  # The setting `workflows.cooldown-days` asks for fewer days than zizmor does.
  dependabot-cooldown:
    config:
      days: {days}
"""
_DAYS = 7
"""What zizmor asks for by itself: https://docs.zizmor.sh/audits/#dependabot-cooldown"""


def zizmor_file(inputs: Inputs) -> GeneratedFile | None:
    """The configuration of zizmor for the generated files; None if no rule has to be off."""
    settings = inputs.settings.workflows
    hurried = settings.dependabot and settings.cooldown_days < _DAYS
    rules = [
        *([_COOLDOWN.format(days=settings.cooldown_days)] if hurried else []),
        *([_SELF_HOSTED] if _self_hosted((*settings.runner, *settings.runners)) else []),
        *([_SELF_REPOSITORY] if settings.references == "./" else []),
    ]
    if not rules:
        return None
    return GeneratedFile(path=PATH, text=with_header("rules:\n" + "".join(rules)))


def _self_hosted(labels: tuple[str, ...]) -> bool:
    """Labels of runners are compared without regard to case."""
    return any(label.lower() == "self-hosted" for label in labels)
