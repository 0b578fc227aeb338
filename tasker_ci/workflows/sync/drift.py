"""How far the disk is from what the settings make: one look, for `sync` and its checks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_reading import read_bytes
from tasker_ci.workflows.sync.adoption import Bump, bumped_since, highest, only_bumps
from tasker_ci.workflows.sync.changes import Change, FileState, compare, compare_in_place

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tasker_ci.workflows.files import GeneratedFile
    from tasker_ci.workflows.inputs import Inputs


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Every file with what lies there and what should."""

    files: tuple[GeneratedFile, ...]
    """The plan of the files with a header."""
    changes: tuple[Change, ...]
    """In the order in which they are to be written."""
    bumped: Mapping[PurePosixPath, tuple[Bump, ...]]
    """Files that differ from their plan in newer pins alone."""
    pins_at_risk: Mapping[PurePosixPath, tuple[Bump, ...]]
    """Files in which newer pins are the only edit, and which have to be written all the same."""
    settings_added: tuple[str, ...] = ()
    """Keys of the settings that a foreign nextest configuration gives their values."""
    nextest_added: tuple[str, ...] = ()
    """Keys that a foreign nextest configuration gets."""
    nextest_remarks: tuple[str, ...] = ()
    """What is wrong in the nextest configuration."""

    @property
    def stale(self) -> tuple[Change, ...]:
        """What `sync` has to change."""
        return tuple(
            change
            for change in self.changes
            if change.state is not FileState.CURRENT and change.path not in self.bumped
        )

    def edited_texts(self) -> dict[PurePosixPath, str]:
        """The texts of planned files of ours that somebody has changed."""
        return {
            change.path: text
            for change in self.changes
            if change.state is FileState.EDITED
            and not change.left_over
            and change.before is not None
            and (text := change.before.lines) is not None
        }


def survey(inputs: Inputs, files: tuple[GeneratedFile, ...]) -> Drift:
    """Compare the plan with the disk. Starts no process and changes nothing.

    Raises `PlaceTaken`, `AccessError`, `SettingsError`, and `AdoptionRefused` for pins that
    contradict each other.
    """
    from tasker_ci.workflows.nextest import adopt_into_settings, nextest_file

    root = inputs.project_root
    changes = compare(root, files)
    planned = {file.path: file.text for file in files}
    bumped: dict[PurePosixPath, tuple[Bump, ...]] = {}
    at_risk: dict[PurePosixPath, tuple[Bump, ...]] = {}
    for change in changes:
        text = change.before.lines if change.before is not None else None
        if change.state is not FileState.EDITED or change.left_over or text is None:
            continue
        if bumps := only_bumps(text, planned[change.path]):
            bumped[change.path] = bumps
        elif bumps := bumped_since(text, files):
            at_risk[change.path] = bumps
    highest(bump for bumps in bumped.values() for bump in bumps)
    drift = Drift(files=files, changes=changes, bumped=bumped, pins_at_risk=at_risk)
    edit = nextest_file(inputs)
    if edit is None:
        return drift
    first: tuple[Change, ...] = (compare_in_place(root, edit.path, edit.text.encode()),)
    if edit.adopted:
        settings = PurePosixPath(SETTINGS_FILE)
        text = adopt_into_settings(settings_text(inputs), edit.adopted)
        first = (compare_in_place(root, settings, text.encode()), *first)
    return replace(
        drift,
        changes=(*first, *changes),
        settings_added=tuple(".".join(key) for key in edit.adopted),
        nextest_added=tuple(edit.added),
        nextest_remarks=edit.remarks,
    )


def settings_text(inputs: Inputs) -> str:
    """The settings file to the byte; empty if there is none."""
    try:
        return read_bytes(inputs.project_root / SETTINGS_FILE).decode()
    except FileNotFoundError:
        return ""


def with_pins_taken_in(drift: Drift, paths: Collection[PurePosixPath]) -> Drift:
    """The drift with files whose only edit is in the settings by now like any nobody edited."""
    changes = tuple(
        replace(change, state=FileState.STALE)
        if change.path in paths and change.state is FileState.EDITED
        else change
        for change in drift.changes
    )
    return replace(drift, changes=changes)
