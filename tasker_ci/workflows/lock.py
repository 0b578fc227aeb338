"""The lock with hashes from which jobs install what the sessions depend on."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_reading import read_text
from tasker_ci.tools.locked_requirements import HASH, lock_text, locked, without_hash
from tasker_ci.tools.own_origin import install_words
from tasker_ci.workflows.checked import checked, path_of_checkout
from tasker_ci.workflows.files import GeneratedFile, with_header
from tasker_ci.workflows.model import Job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasker_ci.workflows.inputs import Inputs
    from tasker_ci.workflows.model import Workflow

PACKAGE = "package"
"""The setting `workflows.lock` for the lock that comes with tasker-ci."""

_OURS = re.compile(r"(?im)^tasker[-_.]ci\s*(?:\[[^\]\n]*\])?\s*(?:==|@)")

_LOCKS = {
    "sessions": PurePosixPath(".github/tasker-ci.lock"),
    "native": PurePosixPath(".github/tasker-ci-native.lock"),
}
"""The package's locks: one for jobs whose sessions may start a PostgreSQL of a wheel."""


def install_command(inputs: Inputs, *, native: bool) -> tuple[str, ...]:
    """The command that installs what a job's lock names, and nothing else; () without a lock.

    No source archive: what builds it would come from no lock. Raises `SettingsError` for a lock of
    the project that is not there or has a line without a hash.
    """
    setting = inputs.settings.workflows.lock
    if not setting:
        words = own_install(inputs)
        if not words or "--no-deps" in words:
            raise SettingsError(
                "`workflows.lock` is empty and `workflows.install` has --no-deps, or is not set: "
                "jobs would have nothing that the sessions depend on.",
                next_step=f"Change one of them in {SETTINGS_FILE}.",
            )
        return ()
    path = str(_LOCKS["native" if native else "sessions"])
    if setting != PACKAGE:
        path = _own_lock(inputs, setting)
    return (
        *("python", "-m", "pip", "install", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--requirement", path),
    )


def own_install(inputs: Inputs) -> tuple[str, ...]:
    """The command that brings tasker-ci itself after the lock; () where the lock names it.

    Raises `SettingsError` where nothing says how.
    """
    settings = inputs.settings.workflows
    if settings.install:
        return settings.install
    if settings.lock == PACKAGE:
        locked_too = bool(settings.hashes)
    else:
        locked_too = bool(settings.lock) and _names_ours(inputs.project_root, settings.lock)
    if locked_too:
        return ()
    return install_words(inputs.project_root) if inputs.origin is None else inputs.origin


def _names_ours(root: Path, lock: str) -> bool:
    path = path_of_checkout(lock, setting="workflows.lock")
    with suppress(OSError, UnicodeDecodeError):  # said where the lock is looked at
        return _OURS.search(read_text(root / path)) is not None
    return False


def lock_files(inputs: Inputs, workflows: tuple[Workflow, ...]) -> Iterator[GeneratedFile]:
    """The locks of the package that steps of the ``workflows`` install.

    They come with tasker-ci, so writing and checking them needs no network.
    """
    if inputs.settings.workflows.lock != PACKAGE:
        return
    scripts = tuple(
        step.run
        for workflow in workflows
        for job in workflow.jobs.values()
        if isinstance(job, Job)
        for step in job.steps
        if step.run
    )
    for name, path in _LOCKS.items():
        if any(script.endswith(f" {path}") for script in scripts):
            body = lock_text(name) + _sessions_themselves(inputs)
            yield GeneratedFile(path=path, text=with_header(body))


def _sessions_themselves(inputs: Inputs) -> str:
    """tasker-ci's own line: no version of it can know its own hash, so a setting has it."""
    hashes = [
        checked(each, HASH, setting="workflows.hashes", what="hash (`sha256:…`)")
        for each in inputs.settings.workflows.hashes
    ]
    return locked(f"tasker-ci=={inputs.version}", hashes) if hashes else ""


def _own_lock(inputs: Inputs, setting: str) -> str:
    path = path_of_checkout(setting, setting="workflows.lock")
    root = inputs.project_root.resolve()
    if not (root / path).resolve().is_relative_to(root):  # an error would show what stands there
        raise SettingsError(
            f"`workflows.lock`: {path} is behind a link that leads out of the project.",
            next_step="Put the file itself there: jobs have no other one.",
        )
    try:
        requirement = without_hash(read_text(root / path))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise SettingsError(
            f"`workflows.lock`: {path} cannot be read ({why}).",
            next_step=f"Write it, for example with `uv pip compile --generate-hashes`, or change "
            f"{SETTINGS_FILE}.",
        ) from error
    if requirement is not None:
        raise SettingsError(
            f"`workflows.lock`: {path}:{requirement.line}: {requirement.text!r} has no hash that "
            "pip accepts.",
            next_step="Make the file with `uv pip compile --generate-hashes`.",
        )
    return path
