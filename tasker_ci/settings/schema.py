"""The JSON Schema of ``.config/tasker-ci.toml``, for editors, written from the model."""

from __future__ import annotations

import json
from typing import Any

from tasker_ci.settings.model import Settings
from tasker_ci.settings.value_types import schema


def settings_schema() -> dict[str, Any]:
    """The schema as plain data (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of tasker-ci",
        **schema(Settings),
    }


def schema_text() -> str:
    """The schema as it stands in ``resources/settings.schema.json``."""
    return json.dumps(settings_schema(), indent=2) + "\n"
