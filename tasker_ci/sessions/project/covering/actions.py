"""What an action of a foreign workflow did, as far as the generated jobs do it too."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from tasker_ci.sessions.project.covering.builds import installs_toolchains
from tasker_ci.workflows.setup_env import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.sessions.project.covering.project import Project
    from tasker_ci.settings.model import Settings

PREPARATION = "the steps that every generated job begins with"

_PREPARING = {
    "actions/checkout": {"persist-credentials", "fetch-depth", "fetch-tags", "show-progress"},
    "actions/setup-python": {"python-version", "cache"},
    "mozilla-actions/sccache-action": {"version"},
}
"""Actions that the generated jobs have too, each with the inputs that change nothing for them."""

_TOOLCHAINS = {
    "dtolnay/rust-toolchain",
    "actions-rs/toolchain",
    "actions-rust-lang/setup-rust-toolchain",
    "hecrj/setup-rust-action",
    "dsherret/rust-toolchain-file",
    "moonrepo/setup-rust",
}
_TOOLCHAIN_INPUTS = {
    *("toolchain", "rust-version", "channel", "components", "profile", "override", "default"),
    *("cache", "cache-workspaces", "cache-on-failure", "cache-key", "cache-base", "rustflags"),
    *("problem-matchers", "matcher"),
}
_COMPONENTS = {"", "clippy", "rustfmt", "rustc", "cargo", "rust-std"}
_AUDITS = {"rustsec/audit-check", "actions-rs/audit-check"}
_INSTALLERS = {
    "taiki-e/install-action": "tool",
    "baptiste0928/cargo-install": "crate",
    "taiki-e/cache-cargo-install-action": "tool",
}
_CACHED = re.compile(r".*(\.cargo|\btarget|\.rustup|sccache)(/.*)?")
_REPORT = re.compile(r".*(^|/)(junit[^/]*\.xml|target/nextest(/[^*]*)?)")
_CLIPPY = {"actions-rs/clippy-check": "args", "giraffate/clippy-action": "clippy_flags"}
_PRINTED = {"name", "token", "reporter", "github_token", "toolchain"}


_TOOLCHAIN = re.compile(r"(stable|beta|nightly|\d+\.\d+(\.\d+)?)(-.+)?")


def name_of(uses: str) -> str:
    """The repository of an action, in small letters."""
    return "/".join(uses.partition("@")[0].lower().split("/")[:2])


def prepares(
    uses: str,
    inputs: Mapping[str, str],
    tools: frozenset[str],
    settings: Settings,
    project: Project,
) -> str:
    """What of the generated jobs' first or last steps does the work of an action; "" if none."""
    name = name_of(uses)
    given = {key: value for key, value in inputs.items() if value}
    kept = ""
    if uses.startswith(("./", "$/")):
        kept = PREPARATION if uses[2:].rstrip("/") == FOLDER else ""
    elif name == "swatinem/rust-cache":
        kept = PREPARATION
    elif name in _PREPARING:
        kept = PREPARATION if given.keys() <= _PREPARING[name] else ""
    elif name in _TOOLCHAINS:
        kept = PREPARATION if _installs(uses, given, settings, project) else ""
    elif name == "actions/cache":
        kept = PREPARATION if _all(_CACHED, given.get("path", "")) else ""
    elif name == "actions/upload-artifact":
        reports = _all(_REPORT, given.get("path", ""))
        kept = "the generated jobs keep reports, logs and statistics" if reports else ""
    elif name in _INSTALLERS:
        wanted = [*filter(None, re.split(r"[\s,]+", given.get(_INSTALLERS[name], "")))]
        known = all(word.partition("@")[0] in {*tools, *_short(tools)} for word in wanted)
        kept = PREPARATION if wanted and known else ""
    return kept


def cargo_words(  # noqa: PLR0911 - a table of actions
    uses: str, inputs: Mapping[str, str]
) -> list[str] | None:
    """What an action hands to cargo; None if it is no such one."""
    name = name_of(uses)
    given = {key: value for key, value in inputs.items() if value}
    chosen = [f"+{given['toolchain']}"] if "toolchain" in given else []
    try:
        if name == "actions-rs/cargo" and given.get("use-cross", "false") == "false":
            return [*chosen, given.get("command", ""), *shlex.split(given.get("args", ""))]
        if name in _CLIPPY and given.keys() <= {_CLIPPY[name], *_PRINTED}:
            return [*chosen, "clippy", *shlex.split(given.get(_CLIPPY[name], ""))]
    except ValueError:  # a quote is open
        return None
    if name in _AUDITS and given.keys() <= {"token"}:
        return ["audit"]
    if name == "actions-rust-lang/audit":
        # it opens issues unless told not to
        denied = ["--deny", "warnings"] if given.get("denyWarnings") == "true" else []
        known = {"createIssues", "denyWarnings", "TOKEN"}
        silent = given.get("createIssues") == "false" and given.keys() <= known
        return ["audit", *denied] if silent else None
    if name == "actions-rust-lang/rustfmt" and not given:
        return ["fmt", "--all", "--check"]
    return None


def _installs(uses: str, given: Mapping[str, str], settings: Settings, project: Project) -> bool:
    toolchains = _toolchain_of(uses, given)
    components = set(re.split(r"[,\s]+", given.get("components", "")))
    return (
        toolchains is not None
        and given.keys() <= _TOOLCHAIN_INPUTS
        and components <= _COMPONENTS
        and installs_toolchains(re.split(r"[,\s]+", toolchains.strip()), settings, project)
    )


def _toolchain_of(uses: str, inputs: Mapping[str, str]) -> str | None:
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


def _all(pattern: re.Pattern[str], text: str) -> bool:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return bool(lines) and all(pattern.fullmatch(line) for line in lines)


def _short(tools: frozenset[str]) -> set[str]:
    return {tool.removeprefix("cargo-") for tool in tools}
