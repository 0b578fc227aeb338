"""Whether the sessions build what a foreign command builds: toolchain, features, variables."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from tasker_ci.text.plurals import plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.sessions.project.covering.project import Project
    from tasker_ci.settings.model import Settings

TESTS = {"test", "nextest"}
UNKNOWN_TOOLCHAIN = "its toolchain is not known"

_MOST_NAMES = 4
_DEFAULT = {"default"}
_HARMLESS = re.compile(
    r"CARGO_TERM_\w+|CARGO_NET_\w+|CARGO_HTTP_\w+|CARGO_INCREMENTAL|CARGO_TARGET_DIR|CARGO_HOME"
    r"|CARGO_BUILD_JOBS|CARGO_REGISTRIES_CRATES_IO_PROTOCOL|CARGO_PROFILE_(DEV|TEST)_DEBUG"
    r"|RUST_BACKTRACE|RUST_LIB_BACKTRACE|RUSTUP_MAX_RETRIES|RUSTUP_HOME|SCCACHE_\w+|CI|TERM"
    r"|FORCE_COLOR|CLICOLOR\w*|GITHUB_\w+|GH_TOKEN|DEBIAN_FRONTEND|ACTIONS_\w+"
)
"""Variables that change neither what is built nor what it does."""

_FLAGS = {"RUSTFLAGS", "RUSTDOCFLAGS"}
_WRAPPER = "RUSTC_WRAPPER"
_DENIALS = {"-Dwarnings", "--deny=warnings"}


def feature_doubt(theirs: Selection, ours: Selection) -> str:
    """Why a session does not build the features that a call asks for; "" if it does.

    With more features on, code under `not(feature = …)` is left out and a missing `cfg` is not
    seen, so only the same features of the same packages will do.
    """
    if theirs.chosen.names is None:
        return theirs.chosen.why_not
    asked, own = theirs.features, ours.features
    for name in sorted(theirs.chosen.names):
        on, here = asked.get(name), own.get(name)
        if on is None or here is None:
            return f"the features of {name} are not known"
        if more := sorted(on - here - _DEFAULT):
            return f"the sessions build {name} without the features {_some(more)}"
        if less := sorted(here - on - _DEFAULT):
            names = f"{plural(len(less), 'feature')} {_some(less)}"
            return f"the sessions also switch on the {names} of {name}"
    return ""


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else shown


def toolchain_doubt(
    call: Invocation, toolchain: str | None, settings: Settings, project: Project
) -> str:
    """Why a session does not run on the ``toolchain`` of a call; "" if it does."""
    own = settings.toolchain or project.toolchain
    if toolchain is None:
        return UNKNOWN_TOOLCHAIN
    chosen = toolchain or own
    toolchains = settings.workflows.toolchains if call.subcommand[0] in TESTS else (own,)
    return "" if chosen in toolchains else f"no session runs on the toolchain {chosen}"


def installs_toolchains(toolchains: Iterable[str], settings: Settings, project: Project) -> bool:
    """Whether jobs of ours use all these toolchains."""
    known = {"", "stable", settings.toolchain, project.toolchain, *settings.workflows.toolchains}
    return set(toolchains) <= known


def variable_doubt(
    call: Invocation, theirs: Selection, settings: Settings, project: Project
) -> tuple[str, str]:
    """Why a session does not see the variables of a call, and what of it another one does."""
    more = ""
    for name, value in call.environment.items():
        if _HARMLESS.fullmatch(name) or name == "RUSTUP_TOOLCHAIN":
            continue
        if value is not None and (
            project.environment.get(name) == value or (not value and name in _FLAGS)
        ):
            continue
        if name == _WRAPPER and (value in {"", "sccache"} or (value or "").endswith("/sccache")):
            continue
        if name in _started(settings) or not _matters(name, theirs):
            continue
        if name in _FLAGS and value is not None and "${{" not in value:
            doubt, also = _flags_doubt(name, value, theirs, settings, project)
            if doubt:
                return doubt, ""
            more = more or also
            continue
        shown = "has a value that is not known" if value is None else f"is {value!r}"
        return f"{name} {shown}, which no session sets", ""
    return "", more


def denies_warnings(flags: str) -> bool:
    """Whether flags of rustc or rustdoc make warnings errors."""
    return bool(_DENIALS & set(_joined_flags(flags)))


def _matters(name: str, theirs: Selection) -> bool:
    command = theirs.invocation.subcommand[0]
    if command in {"fmt", "audit"}:
        return name in {"RUSTFMT", "CARGO"}
    if name == "RUSTDOCFLAGS":
        return command == "doc" or theirs.targets.doctests is not False
    return True


def _started(settings: Settings) -> Collection[str]:
    """The variables that hold where the services of the sessions listen."""
    stack = settings.integration
    services = {row.url_variable for row in stack.services.values()}
    return {*services, *([stack.database.variable] if stack.database.service else [])}


def _flags_doubt(
    name: str, value: str, theirs: Selection, settings: Settings, project: Project
) -> tuple[str, str]:
    command = theirs.invocation.subcommand[0]
    flags = list(_joined_flags(value))
    ours = list(_joined_flags(project.environment.get(name, "")))
    shown = f"{name} is {value!r}"
    if [each for each in flags if each not in _DENIALS] != [
        each for each in ours if each not in _DENIALS
    ]:
        return f"{shown}, which no session sets", ""
    if not _DENIALS & set(flags) or _DENIALS & set(ours):
        return "", ""
    if name == "RUSTDOCFLAGS":
        denied = command == "doc" and getattr(settings.table("doc"), "warnings", "") == "deny"
        return ("", "") if denied else (f"{shown}, and no session makes those warnings errors", "")
    clippy = settings.table("clippy")
    denied = clippy is not None and denies_warnings(shlex.join(clippy.lint_arguments))
    if not denied or clippy.targets != "all":
        return f"{shown}, and no session makes warnings errors", ""
    own = settings.toolchain or project.toolchain
    if (theirs.invocation.toolchain or own) != own:
        return f"{shown}, and warnings are errors only on {own}", ""
    return "", "" if command in {"clippy", "check"} else "session clippy denies warnings"


def _joined_flags(text: str) -> Iterator[str]:
    """The flags of rustc, each in one spelling."""
    words = iter(text.replace("\x1f", " ").split())
    for word in words:
        if word in {"-D", "--deny"}:
            yield f"-D{next(words, '')}"
        elif word.startswith("--deny="):
            yield f"-D{word.removeprefix('--deny=')}"
        else:
            yield word
