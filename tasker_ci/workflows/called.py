"""A reusable workflow of the project as its caller sees it: what it wants, and what it is given."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import SettingsError
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_reading import read_text
from tasker_ci.workflows.checked import INPUT_NAME, checked
from tasker_ci.workflows.model import expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_SECRET = re.compile(r"(?!github_)[A-Z_][A-Z0-9_]*", re.IGNORECASE)
"""GitHub keeps names with its own prefix to itself; every job has its token anyway."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
}


@dataclass(frozen=True, kw_only=True)
class CalledWorkflow:
    """A file whose `on:` has `workflow_call`."""

    path: str
    document: Mapping[str, Any]
    inputs: Mapping[str, Any]
    """What it declares of each input, by name."""
    secrets: Mapping[str, Any]

    def given_inputs(self, values: Mapping[str, Any], setting: str) -> dict[str, Any]:
        """The inputs of a call, literal values alone, checked against what the file declares.

        Raises `SettingsError` for one that the file does not know or that is not of its type, for
        an expression, and for one that it wants and does not get.
        """
        self._names(values, self.inputs, "inputs", setting)
        for name, value in values.items():
            row = _row(self.inputs, name)
            wanted = row["type"]
            if type(value) not in _TYPES[wanted]:
                raise wrong(f"{setting}.{name}", f"{self.path} wants a {wanted} there", "Fix it")
            if "${{" in str(value):
                text = f"{value!r} is an expression, and only literal values are handed over"
                raise wrong(f"{setting}.{name}", text, "Let the called workflow evaluate it")
            if isinstance(value, float) and not math.isfinite(value):
                raise wrong(f"{setting}.{name}", f"{value} is no number of YAML's", "Fix it")
        return dict(values)

    def given_secrets(self, names: Mapping[str, str], setting: str) -> dict[str, str]:
        """The secrets of a call, each by its name: never all that there are.

        Raises `SettingsError` for one that the file does not know, and for one that it wants.
        """
        self._names(names, self.secrets, "secrets", setting)
        return {
            name: expression(
                f"secrets.{checked(own, _SECRET, setting=f'{setting}.{name}', what='secret')}"
            )
            for name, own in names.items()
        }

    def _names(
        self, given: Iterable[str], declared: Mapping[str, Any], kind: str, setting: str
    ) -> None:
        """GitHub compares names without regard to case."""
        known = {name.lower() for name in declared}
        seen: set[str] = set()
        for name in given:
            checked(name, INPUT_NAME, setting=setting, what=f"name of one of its {kind}")
            if name.lower() in seen:
                raise wrong(setting, f"`{name}` is there twice", "Leave one out")
            if name.lower() not in known:
                there = f"it has {', '.join(sorted(declared))}" if declared else "it has none"
                text = f"{self.path} has no `{name}` among its {kind}; {there}"
                raise wrong(setting, text, "Fix the name, or declare it there")
            seen.add(name.lower())
        for name in declared:
            required = _row(declared, name).get("required") is True
            # GitHub looks at no default here: https://github.com/rhysd/actionlint/pull/154
            if required and name.lower() not in seen:
                text = f"{self.path} wants `{name}` of its {kind}, and ci.yml gives it none"
                raise wrong(setting, text, "Set it, or make it not required there")


def called_workflow(project_root: Path, path: str, setting: str) -> CalledWorkflow:
    """Read the file at ``path``. Raises `SettingsError` for one that ci.yml cannot call."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded = YAML(typ="safe").load(read_text(project_root / path))
    except OSError as error:
        raise wrong(setting, f"{path} cannot be read ({error.strerror})", "Write it") from error
    except (YAMLError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise wrong(setting, f"{path} is no YAML", "Fix it") from error
    document: dict[str, Any] = loaded if isinstance(loaded, dict) else {}
    triggers = document.get("on")
    if isinstance(triggers, str):
        triggers = [triggers]
    if not isinstance(triggers, dict | list) or "workflow_call" not in triggers:
        raise wrong(setting, f"{path} cannot be called", "Add `workflow_call:` to its `on:`")
    call = triggers["workflow_call"] if isinstance(triggers, dict) else None
    declared = call if isinstance(call, dict) else {}
    inputs = _by_name(declared.get("inputs"))
    for name in inputs:
        if str(_row(inputs, name).get("type")) not in _TYPES:
            text = f"the input `{name}` of {path} has no `type` that GitHub knows"
            raise wrong(setting, text, f"Give it one there: {', '.join(_TYPES)}")
    return CalledWorkflow(
        path=path,
        document=document,
        inputs=inputs,
        secrets=_by_name(declared.get("secrets")),
    )


def wrong(setting: str, text: str, next_step: str) -> SettingsError:
    """The error for a setting of a called workflow."""
    return SettingsError(f"`{setting}`: {text}.", next_step=f"{next_step}; see {SETTINGS_FILE}.")


def _by_name(rows: Any) -> dict[str, Any]:
    return {str(name): row for name, row in rows.items()} if isinstance(rows, dict) else {}


def _row(declared: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What is declared of one name; nothing where only the name is there."""
    row = next(each for other, each in declared.items() if other.lower() == name.lower())
    return row if isinstance(row, dict) else {}
