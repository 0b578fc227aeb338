"""The aliases of cargo, as the files of a repository and the environment set them.

https://doc.rust-lang.org/cargo/reference/config.html#alias
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tasker_ci.rust.cargo_configuration import BUILT_IN
from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from tasker_ci.foreign.invocations.texts import Texts

OWN_ALIASES = {"b": "build", "c": "check", "d": "doc", "t": "test", "r": "run", "rm": "remove"}
"""Those that cargo itself has; others of the same name replace them."""


def alias_of(
    name: str, folder: PurePosixPath | None, texts: Texts, environment: Mapping[str, str | None]
) -> tuple[str, ...] | None:
    """The words that a subcommand stands for; None if it is no alias.

    ``folder`` is where cargo starts, from the root of the repository.
    """
    if name in BUILT_IN and name not in OWN_ALIASES:
        return None
    variable = environment.get(f"CARGO_ALIAS_{name.upper().replace('-', '_')}")
    if variable:
        return tuple(variable.split())
    for document in configurations(folder, texts):
        aliases = document.get("alias")
        value = aliases.get(name) if isinstance(aliases, dict) else None
        if isinstance(value, str):
            return tuple(value.split())
        if isinstance(value, list):
            return tuple(map(str, value))
    return (OWN_ALIASES[name],) if name in OWN_ALIASES else None


def configurations(folder: PurePosixPath | None, texts: Texts) -> Iterator[Mapping[str, Any]]:
    """Cargo's configuration files for a folder of the repository, the strongest first."""
    if folder is None:
        return
    for each in (folder, *folder.parents):
        for name in ("config", "config.toml"):
            text = texts.text(each / ".cargo" / name)
            if text is not None:
                yield read_document(text)
                break


@lru_cache(maxsize=4096)
def read_document(text: str) -> Mapping[str, Any]:
    """The tables of a TOML text; empty if it is none, which cargo reports itself.

    Nobody changes them: each call of a repository's CI reads the same ones.
    """
    try:
        return read_toml(text)
    except tomllib.TOMLDecodeError:
        return {}
