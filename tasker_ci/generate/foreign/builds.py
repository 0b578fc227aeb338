"""Whether a command or an action of a foreign workflow builds what the sessions build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.settings.model import Settings

_OTHER_BUILD = re.compile(r"(?<!\S)(?:--release|-r|--target|--cargo-profile)(?![\w-])")
_PROFILE = re.compile(r"(?<!\S)--profile(?![\w-])")
_FEATURES = re.compile(r"(?<!\S)(?:--features[= ]\s*|-F\s*)(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WITHOUT_A_NAME = {"", "master", "v1"}
_TESTS = {"test", "t", "nextest"}


def builds_alike(command: str, rest: str, settings: Settings) -> bool:
    """Whether ``cargo COMMAND REST`` has the profile, the target and the features of a session.

    A session covers more features than were asked for, never less, and no other target.
    """
    flags = f"{rest} ".partition(" -- ")[0]
    # nextest's own profiles are none of cargo's
    if _OTHER_BUILD.search(flags) or (command != "nextest" and _PROFILE.search(flags)):
        return False
    words, features = flags.split(), settings.features
    if "--no-default-features" in words and features != "none":
        return False
    if features == "all":
        return True
    known = set(features) if isinstance(features, tuple) else set()
    named = {name for groups in _FEATURES.findall(flags) for name in re.split("[, ]", max(groups))}
    return "--all-features" not in words and named <= {*known, ""}


def runs_on_toolchain(toolchain: str, command: str, settings: Settings) -> bool:
    """Whether a session does what ``cargo +TOOLCHAIN COMMAND`` did; "" is the default one."""
    if not toolchain or command == "fmt":
        return True
    if command in _TESTS:
        return toolchain in settings.workflows.toolchains
    return toolchain == (settings.toolchain or "stable")


def installs_toolchains(uses: str, inputs: Mapping[str, str], settings: Settings) -> bool:
    """Whether a job uses all toolchains that an action installs; an expression is a matrix's.

    The action `dtolnay/rust-toolchain` has its toolchain behind the `@`.
    """
    name, _, reference = uses.lower().partition("@")
    given = inputs.get("toolchain") or inputs.get("rust-version") or ""
    if not given and name == "dtolnay/rust-toolchain" and not _COMMIT.fullmatch(reference):
        given = "" if reference in _WITHOUT_A_NAME else reference
    if "${{" in given:
        return True
    known = {"stable", settings.toolchain, *settings.workflows.toolchains}
    return set(re.split(r"[,\s]+", given)) <= {*known, ""}
