"""What the compiler sets for a target, from a table of the well-known ones: nothing is started."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from tasker_ci.rust.cfg import CompilerCfg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.rust.cfg import Setting

_NAMES = {
    "arch": "target_arch",
    "os": "target_os",
    "env": "target_env",
    "abi": "target_abi",
    "vendor": "target_vendor",
    "family": "target_family",
    "endian": "target_endian",
    "width": "target_pointer_width",
    "atomic": "target_has_atomic",
    "feature": "target_feature",
    "panic": "panic",
}
_DEFAULTS = {"env": "", "abi": "", "vendor": "", "endian": "little", "panic": "unwind"}


def cfg_of_triple(triple: str) -> CompilerCfg | None:
    """What is set for a target in a build without optimisation; None for an unknown target."""
    row = _table().get(triple)
    if row is None:
        return None
    return CompilerCfg(target=triple, settings=frozenset(_settings(row)))


def _settings(row: str) -> Iterator[Setting]:
    values = dict(part.split("=", 1) for part in row.split())
    for key, text in {**_DEFAULTS, **values}.items():
        for value in text.split(","):
            yield _NAMES[key], value
            if key == "family" and value in {"unix", "windows"}:
                yield value, None
    yield "debug_assertions", None


@cache
def _table() -> Mapping[str, str]:
    text = files("tasker_ci").joinpath("resources/rust-platforms.toml").read_text("utf-8")
    return tomllib.loads(text)
