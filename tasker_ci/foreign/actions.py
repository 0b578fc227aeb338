"""What a step of a workflow uses: which action, and which toolchains it installs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOOLCHAIN = re.compile(r"(stable|beta|nightly|\d+\.\d+(\.\d+)?)(-.+)?")


def name_of(uses: str) -> str:
    """The repository of an action, in small letters."""
    return "/".join(uses.partition("@")[0].lower().split("/")[:2])


def toolchain_of(uses: str, inputs: Mapping[str, str]) -> str | None:
    """What an action for toolchains installs: "" for its default, None where that is not known.

    The action `dtolnay/rust-toolchain` has its toolchain behind the `@`.
    """
    name, _, reference = uses.lower().partition("@")
    given = next(
        (value for key, value in inputs.items() if key in {"toolchain", "rust-version", "channel"}),
        "",
    )
    if not given and name == "dtolnay/rust-toolchain":
        return reference if _TOOLCHAIN.fullmatch(reference) else None
    return None if "${{" in given else given
