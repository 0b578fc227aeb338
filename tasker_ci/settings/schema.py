"""The JSON Schema of ``.config/tasker-ci.toml``, for editors, written from the model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tasker_ci.settings.value_types import schema

if TYPE_CHECKING:
    from tasker_ci.settings.model import Settings


def settings_schema(model: type[Settings]) -> dict[str, Any]:
    """The schema as plain data (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of tasker-ci",
        **schema(model),
    }


def schema_text(model: type[Settings]) -> str:
    """The schema as it stands in ``resources/settings.schema.json``."""
    return json.dumps(settings_schema(model), indent=2) + "\n"
