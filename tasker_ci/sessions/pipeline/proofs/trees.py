"""Files and folders as a listing: names, kinds, permissions, content, where links lead."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.sessions.pipeline.proofs.contents import stamp_of, unreadable
from tasker_ci.sessions.pipeline.proofs.listing import Listing, NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tasker_ci.sessions.pipeline.proofs.contents import FileContents
    from tasker_ci.sessions.pipeline.proofs.listing import Stamp

_MOST = 300_000
"""So many files and folders are looked at; whoever has more is not helped by a proof."""

_CACHE_TAG = "CACHEDIR.TAG"


@dataclass(kw_only=True)
class Trees:
    """Reads trees into one listing; each file once, whatever leads to it."""

    contents: FileContents
    excluded: frozenset[str]
    """What is no input, as real paths: target directories and what is ours."""
    root: str
    """Names are relative to this real path where they lie in it."""
    is_tracked: Callable[[str], bool] = lambda _: False
    """Whether the repository has files of a folder, which then is no target directory."""
    with_folders: bool = False
    """Whether folders have stamps too, which change with what is put in or taken out."""
    items: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, Stamp] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    """What was searched for in the files and found."""
    targets: set[str] = field(default_factory=set)
    """Target directories of cargo that were met, and not entered."""
    _folders: dict[str, str] = field(default_factory=dict)
    """Real paths of folders, which end with a separator."""
    roots: set[str] = field(default_factory=set)
    """The real paths that are read whole."""
    _counted: tuple[int, int] = (-1, -1)
    """How many roots and target directories there were when `_beginnings` was made."""
    _beginnings: tuple[str, ...] = ()

    def listing(self) -> Listing:
        """What was read so far."""
        return Listing(self.items, self.stamps)

    def add(self, paths: Iterable[str]) -> None:
        """Read files, and folders with all that is in them; one that is not there is absent.

        Raises `NotUnderstood` for what is no file, folder or link, and what cannot be read.
        """
        for path in paths:
            try:
                status = os.lstat(path)
            except (FileNotFoundError, NotADirectoryError):
                if not self._is_known(os.path.realpath(path)):
                    self.items[self._name(path)] = "absent"
                continue
            except OSError as error:
                raise NotUnderstood(unreadable(path, error)) from error
            if self._is_known(self._real(path, status)):
                continue
            if stat.S_ISDIR(status.st_mode):
                self._walk(path)
            else:
                self._entry(path, status)

    def _real(self, path: str, status: os.stat_result) -> str:
        """The real path of what is there; of the many files in one folder that is asked once."""
        if stat.S_ISLNK(status.st_mode):
            return os.path.realpath(path)
        folder, name = os.path.split(path)
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder).rstrip(os.sep) + os.sep
        return real + name

    def _is_known(self, real: str) -> bool:
        known = (len(self.roots), len(self.targets))
        if known != self._counted:
            every = (*self.roots, *self.excluded, *self.targets)
            self._counted = known
            self._beginnings = tuple(each.rstrip(os.sep) + os.sep for each in every)
        return (real + os.sep).startswith(self._beginnings)

    def _name(self, path: str) -> str:
        inner = self.root + os.sep
        return path.removeprefix(inner) if self.root else path

    def _walk(self, top: str) -> None:
        real = os.path.realpath(top)
        if self._is_known(real):
            return
        self.roots.add(real)
        if self.with_folders:
            self.stamps[self._name(real)] = stamp_of(os.stat(real))
            self.items[self._name(real)] = "folder"
        folders = [real]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    found = list(entries)
            except OSError as error:
                raise NotUnderstood(unreadable(folder, error)) from error
            if len(self.items) + len(found) > _MOST:
                raise NotUnderstood(f"there are more than {_MOST} files in {real}")
            inside = {entry.name for entry in found}
            for entry in found:
                if entry.path in self.excluded or (entry.name == ".git" and folder == self.root):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError as error:
                    raise NotUnderstood(unreadable(entry.path, error)) from error
                if not stat.S_ISDIR(status.st_mode):
                    self._entry(entry.path, status)
                elif (
                    entry.name == "target"
                    and _is_target(entry.path, inside)
                    and not self.is_tracked(entry.path)
                ):
                    self.targets.add(entry.path)
                else:
                    if entry.path not in self._above:
                        self._folder(entry.path, status)
                    folders.append(entry.path)

    @cached_property
    def _above(self) -> frozenset[str]:
        """Folders that may have been made for something excluded alone: they say nothing."""
        return frozenset(os.path.dirname(each) for each in self.excluded)

    def _folder(self, path: str, status: os.stat_result) -> None:
        name = self._name(path)
        self.items[name] = f"folder {stat.S_IMODE(status.st_mode):o}"
        if self.with_folders:
            self.stamps[name] = stamp_of(status)

    def _entry(self, path: str, status: os.stat_result) -> None:
        """One that is no folder."""
        name, mode = self._name(path), status.st_mode
        if name in self.items:
            return
        if stat.S_ISREG(mode):
            content = self.contents.of(path, status)
            self.items[name] = f"{stat.S_IMODE(mode):o} {content.digest}"
            self.stamps[name] = stamp_of(status)
            self.names.update(content.names)
        elif stat.S_ISLNK(mode):
            self._link(path, name)
            self.stamps[name] = stamp_of(status)
        else:
            raise NotUnderstood(f"{path} is neither file, folder nor link")

    def _link(self, path: str, name: str) -> None:
        try:
            self.items[name] = f"link {os.readlink(path)}"
            real = os.path.realpath(path)
            status = os.stat(path)
        except FileNotFoundError:
            self.items[name] += " to nothing"
            return
        except OSError as error:  # a circle, too
            raise NotUnderstood(unreadable(path, error)) from error
        if self._is_known(real) or real == os.devnull:
            return
        if not stat.S_ISDIR(status.st_mode):
            self._entry(real, status)
        else:
            self._walk(real)


def _is_target(path: str, beside: set[str]) -> bool:
    """Whether a folder `target` is cargo's: it lies beside a manifest, and bears cargo's mark."""
    return "Cargo.toml" in beside and (Path(path) / _CACHE_TAG).is_file()
