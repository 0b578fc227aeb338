"""What a foreign dependabot.yml or zizmor.yml said that the generated one does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasker_ci.generate.yaml_reading import entries_of, items_of, text_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OURS = {"package-ecosystem", "directory", "directories", "schedule", "cooldown"}
"""What the generated file says of an ecosystem, in its own way."""


def what_a_configuration_loses(there: Mapping[str, Any], planned: str) -> Iterator[str]:
    """Each part of the foreign file, as nodes, that is not in the ``planned`` text."""
    from ruamel.yaml import YAML

    here = entries_of(YAML(typ="safe", pure=True).compose(planned))
    known = {place for update in items_of(here.get("updates")) for place in _places(update)}
    for update in items_of(there.get("updates")):
        row = entries_of(update)
        for ecosystem, folder in _places(update):
            if (ecosystem, folder) not in known:
                yield f"updates of {ecosystem} in {folder}"
        yield from (
            f"{key} of {text_of(row.get('package-ecosystem'))}" for key in row if key not in _OURS
        )
    rules = entries_of(here.get("rules"))
    yield from (f"rule {name}" for name in entries_of(there.get("rules")) if name not in rules)
    yield from (key for key in there if key not in {"version", "updates", "rules"})


def _places(update: Any) -> Iterator[tuple[str, str]]:
    row = entries_of(update)
    ecosystem = text_of(row.get("package-ecosystem"))
    for folder in (*words_of(row.get("directory")), *words_of(row.get("directories"))):
        yield ecosystem, folder
