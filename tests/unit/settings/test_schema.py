"""The JSON Schema for editors says what the loader says."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tasker_ci.sessions import settings_model
from tasker_ci.settings.schema import schema_text, settings_schema

RESOURCES = resources.files("tasker_ci") / "resources"
PROJECT = Path(__file__).parents[3]


def problems(text: str) -> list[str]:
    """What an editor would underline in a settings file."""
    document = json.loads(json.dumps(tomllib.loads(text), default=date.isoformat))
    validator = jsonschema.Draft202012Validator(settings_schema(settings_model()))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(settings_schema(settings_model()))


def test_the_file_in_the_package_is_the_schema_of_the_model() -> None:
    committed = (RESOURCES / "settings.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(settings_model()), (
        "write it again: `tasker-ci settings --schema`"
    )


@pytest.mark.parametrize(
    "file",
    [
        RESOURCES / "defaults.toml",
        *(RESOURCES / "presets").iterdir(),
        PROJECT / ".config" / "tasker-ci.toml",
    ],
    ids=lambda file: file.name,
)
def test_our_own_files_are_valid(file: Any) -> None:
    assert problems(file.read_text(encoding="utf-8")) == []


def test_every_setting_is_explained() -> None:
    def without_description(schema: dict[str, Any], place: str) -> list[str]:
        found = []
        for name, part in schema.get("properties", {}).items():
            inner = f"{place}.{name}"
            if "properties" in part:
                found += without_description(part, inner)
            elif not part.get("description"):
                found.append(inner)
        return found

    assert without_description(settings_schema(settings_model()), "$") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('workspce = "x"', id="unknown key"),
        pytest.param("workspace = 1", id="wrong type"),
        pytest.param('doc.warnings = "forbid"', id="not one of the words"),
        pytest.param("environment.variables.A = 1", id="a variable that is a number"),
        pytest.param('[[audit.ignore]]\nid = "RUSTSEC-1"', id="an ignore without its reason"),
    ],
)
def test_what_the_loader_refuses_is_underlined(text: str) -> None:
    assert problems(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('features = ["a"]', id="features as a list"),
        pytest.param('features = "none"', id="features as a word"),
        pytest.param("tools.auto-install = true", id="a truth value beside a word"),
        pytest.param('environment.variables.A = "x"', id="a variable as a text"),
        pytest.param("environment.variables.A.secret = true", id="a variable as a table"),
        pytest.param(
            '[[audit.ignore]]\nid = "RUSTSEC-1"\nreason = "x"\nreview = 2030-01-01', id="an ignore"
        ),
    ],
)
def test_what_the_loader_takes_is_not(text: str) -> None:
    assert problems(text) == []
