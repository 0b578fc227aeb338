"""What a foreign dependabot.yml or zizmor.yml said that the generated one does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasker_ci.text import yaml_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OURS = {"package-ecosystem", "directory", "directories", "schedule", "cooldown"}
"""What the generated file says of an ecosystem, in its own way."""


def what_a_configuration_loses(there: Mapping[str, Any], planned: str) -> Iterator[str]:
    """Each part of the foreign file, as nodes, that is not in the ``planned`` text."""
    from ruamel.yaml import YAML

    here = yaml_nodes.entries(YAML(typ="safe", pure=True).compose(planned))
    known = {place for update in yaml_nodes.items(here.get("updates")) for place in _places(update)}
    for update in yaml_nodes.items(there.get("updates")):
        row = yaml_nodes.entries(update)
        for ecosystem, folder in _places(update):
            if (ecosystem, folder) not in known:
                yield f"updates of {ecosystem} in {folder}"
        yield from (
            f"{key} of {yaml_nodes.text(row.get('package-ecosystem'))}"
            for key in row
            if key not in _OURS
        )
    rules = yaml_nodes.entries(here.get("rules"))
    yield from (
        f"rule {name}" for name in yaml_nodes.entries(there.get("rules")) if name not in rules
    )
    yield from (key for key in there if key not in {"version", "updates", "rules"})


def _places(update: Any) -> Iterator[tuple[str, str]]:
    row = yaml_nodes.entries(update)
    ecosystem = yaml_nodes.text(row.get("package-ecosystem"))
    for folder in (
        *yaml_nodes.words(row.get("directory")),
        *yaml_nodes.words(row.get("directories")),
    ):
        yield ecosystem, folder
