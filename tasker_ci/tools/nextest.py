"""nextest's configuration files, command line and exit codes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import AccessError
from tasker_ci.rust.cargo_configuration import output_root
from tasker_ci.text.file_writing import write_file
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from tasker_ci.context import Context

PROJECT_CONFIGURATION = ".config/nextest.toml"

EXIT_CODES: Mapping[int, tuple[str, str]] = {
    2: (
        "nextest does not understand its command line.",
        "Look at --partition, and at what follows the separator.",
    ),
    92: (
        "nextest is older than this workspace's `nextest-version` asks for.",
        "Update it: tasker-ci tools --tool cargo-nextest",
    ),
    94: ("The filter is no valid nextest filterset.", "https://nexte.st/docs/filtersets/"),
    95: (
        "The configuration uses an experimental feature of nextest that is not enabled.",
        "Add it to `experimental` in .config/nextest.toml.",
    ),
    96: (
        "nextest cannot use its configuration.",
        "Read the message above; the profile may be missing from .config/nextest.toml.",
    ),
    101: ("The tests do not compile.", "Fix the first error above."),
    102: (
        "cargo metadata failed.",
        "Fix what cargo names above: a manifest, a dependency, or RUSTC_WRAPPER.",
    ),
    105: ("A setup script failed.", "Read its output above."),
    110: ("nextest could not write its output.", "Look for a full disk or missing permission."),
}
"""Meaning and next step by exit code (nextest-metadata, exit_codes.rs)."""

NO_TESTS = 4
BAD_FILTERSET = 94
BAD_CONFIGURATION = 96
TESTS_FAILED = 100
SCRIPT_FAILED = 105
BUILD_FAILED = 101
LIST_FAILED = 104

_RUN_SWITCHES = frozenset({
    "--fail-fast", "--ff", "--hide-progress-bar", "--no-capture", "--nocapture", "--no-fail-fast",
    "--nff", "--no-input-handler", "--no-output-indent", "--no-run",
})  # fmt: skip
_RUN_OPTIONS = frozenset({
    "--color", "--debugger", "--failure-output", "--final-status-level", "--flaky-result", "--jobs",
    "--max-fail", "--max-progress-running", "--message-format", "--message-format-version",
    "--no-tests", "--rerun", "--retries", "--status-level", "--stress-count", "--stress-duration",
    "--success-output", "--test-threads", "--tracer", "-R", "-j",
})  # fmt: skip
"""What `cargo nextest run` takes and `list` does not, the latter with a value of their own."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The configuration file that a run of nextest reads, and what it says about the report."""

    file: Path | None
    """The file to hand over with `--config-file`; None where nextest finds it by itself."""
    document: Mapping[str, Any]
    within: Path | None = None
    """The folder that files of ours for it may not leave."""
    store: Path | None = None
    """Where nextest shall keep its files; None: where it does, by the project's file or default."""

    def stored_in(self, target_directory: Path, workspace: Path) -> Configuration:
        """The same for a workspace that builds in ``target_directory``.

        nextest's own default is ``target`` in the workspace, whatever cargo's is: a checkout that
        is read-only could not be tested. A `store.dir` of the project's stays.
        """
        own = _lookup(self.document, "store", "dir") is not None
        usual = target_directory == workspace / "target"
        store = None if own or usual else target_directory / "nextest"
        return replace(self, store=store, within=output_root(workspace, target_directory))

    @property
    def store_file(self) -> Path | None:
        """The file that hands ``store`` to nextest; `write_store` writes it."""
        return self.store and self.store.parent / "tasker-ci" / "nextest.toml"

    def write_store(self) -> None:
        """Write `store_file`, if there is to be one. Raises `AccessError`."""
        if self.store is None or self.store_file is None:
            return
        text = f"[store]\ndir = {json.dumps(str(self.store))}\n"
        try:
            write_file(self.store_file, text, within=self.within)  # whole, for runs at once
        except OSError as error:
            message = f"{self.store_file} cannot be written: {error.strerror or error}."
            step = "Make the target directory writable, or set CARGO_TARGET_DIR to another."
            raise AccessError(message, next_step=step) from error

    def arguments(self) -> tuple[str, ...]:
        """The arguments for the files: the project's, and ours with a lower priority.

        nextest merges the keys of tables, and takes our profile `ci` before it looks into the
        project's `default`. So ours sets nothing but the report where the project has profiles.
        """
        own = ("--config-file", str(self.file)) if self.file else ()
        tool = tool_configuration(whole=not self.document.get("profile"))
        store = self.store_file
        place = ("--tool-config-file", f"tasker-ci-store:{store}") if store else ()
        return (*own, "--tool-config-file", f"tasker-ci:{tool}", *place)

    def junit_file(self, workspace_root: Path, profile: str) -> Path:
        """Where the profile's report is written.

        `junit.path` is joined onto `<store.dir>/<profile>`, and `store.dir` onto the workspace
        root, whatever CARGO_TARGET_DIR says (https://github.com/nextest-rs/nextest/issues/2066).
        """
        store = self.store or self.own_store
        path = self.of_profile(profile, "junit", "path")
        own = path if isinstance(path, str) else "junit.xml"
        return workspace_root / str(store) / profile / own

    @property
    def own_store(self) -> str:
        """The folder that the project's file joins reports to, relative to the workspace."""
        return str(_lookup(self.document, "store", "dir") or "target/nextest")

    def joined_twice(self, path: str, profile: str) -> str | None:
        """What a `junit.path` that repeats the folder it is joined to has to be; None for others.

        nextest's reference shows `target/nextest/junit.xml`, which lands in
        `target/nextest/ci/target/nextest/junit.xml`.
        """
        parts, store = PurePosixPath(path).parts, PurePosixPath(self.own_store).parts
        if parts[: len(store)] == store:
            left = parts[len(store) :]
        elif parts[:1] == ("target",) and len(parts) > 1:
            left = parts[-1:]
        else:
            return None
        left = left[1:] if left[:1] == (profile,) else left
        return "/".join(left) or "junit.xml"

    def is_quiet(self, context: Context, profile: str) -> bool:
        """Whether nextest prints nothing of what failed tests print: nobody says when it should.

        Our own files keep it quiet then, and the summary shows it once for each cause.
        """
        words = {word.partition("=")[0] for word in own_words(context.passthrough)}
        return not (
            words & {"--failure-output", "--no-capture", "--nocapture"}
            or "NEXTEST_FAILURE_OUTPUT" in context.environment
            or self.of_profile(profile, "failure-output") is not None
        )

    def of_profile(self, profile: str, *keys: str) -> Any:
        """What the project's file says in a profile or in those that it inherits; None: nothing."""
        profiles = self.document.get("profile")
        name: str | None = profile
        visited: set[str] = set()
        while name is not None and name not in visited:
            visited.add(name)
            own = _lookup(profiles, name, *keys)
            if own is not None:
                return own
            parent = _lookup(profiles, name, "inherits")
            name = parent if isinstance(parent, str) else ("default" if name != "default" else None)
        return None


def read_configuration(
    project_root: Path, workspace: Path, passthrough: tuple[str, ...]
) -> Configuration:
    """Find the project's configuration.

    One that the user hands over wins; then ``.config/nextest.toml`` of the project root, which has
    to be handed over when the workspace lies elsewhere; then the workspace's own. A file that is no
    TOML is left for nextest to complain about.
    """
    given = _given(passthrough)
    if given is not None:  # relative to where nextest runs
        return Configuration(file=None, document=read_tables(workspace / given))
    file = configuration_file(project_root, workspace)
    is_handed_over = file != workspace / PROJECT_CONFIGURATION and file.is_file()
    return Configuration(file=file if is_handed_over else None, document=read_tables(file))


def configuration_file(project_root: Path, workspace: Path) -> Path:
    """The project's own file: the project root's, unless only the workspace has one."""
    file, own = project_root / PROJECT_CONFIGURATION, workspace / PROJECT_CONFIGURATION
    return own if own.is_file() and not file.is_file() else file


def tool_configuration(*, whole: bool) -> Path:
    """Our own configuration file, which every run gets with the lowest priority.

    The ``whole`` one also sets what `sync` would write into a project's file; both write reports
    and have the profiles `ci` and `local`.
    """
    name = "nextest.toml" if whole else "nextest-report.toml"
    return Path(str(resources.files("tasker_ci").joinpath("resources", name)))


def own_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words up to nextest's own separator; what follows it goes to the tests."""
    return words[: words.index("--")] if "--" in words else words


def has_filterset(passthrough: tuple[str, ...]) -> bool:
    """Whether the user hands over a filterset, which nextest would join to ours with "or"."""
    long = ("--filterset", "--filter-expr")
    return any(
        word in long
        or word.startswith(tuple(f"{flag}=" for flag in long))
        or (word.startswith("-E") and not word.startswith("--"))
        for word in own_words(passthrough)
    )


def runs_nothing(passthrough: tuple[str, ...]) -> bool:
    """Whether the user hands over a word by which `cargo nextest run` runs no test."""
    return bool({"--no-run", "--help", "-h", "--version", "-V"} & set(own_words(passthrough)))


def exactly(name: str) -> str:
    """The filterset matcher for one name and no other, whatever characters a harness puts there."""
    return "=" + "".join(f"\\{each}" if each in "\\/)," else each for each in name)


def listing(words: tuple[str, ...]) -> tuple[str, ...]:
    """The command line of `cargo nextest run` as one of `cargo nextest list`, uncoloured.

    Only what chooses tests is kept; what follows nextest's own separator stays as it is.
    """
    end = len(own_words(words))
    begin = words.index("run") + 1
    kept = [*words[: begin - 1], "list", "--color", "never"]
    remaining = iter(words[begin:end])
    for word in remaining:
        option = word.partition("=")[0]
        if option in _RUN_OPTIONS:
            if option == word:
                next(remaining, None)
        elif not (word in _RUN_SWITCHES or re.fullmatch(r"-j\d+", word)):
            kept.append(word)
    return (*kept, *words[end:])


def _given(passthrough: tuple[str, ...]) -> Path | None:
    for word, following in pairwise((*own_words(passthrough), "")):
        if word == "--config-file":
            return Path(following)
        if word.startswith("--config-file="):
            return Path(word.partition("=")[2])
    return None


def _lookup(document: Any, *keys: str) -> Any:
    for key in keys:
        if not isinstance(document, Mapping):
            return None
        document = document.get(key)
    return document
