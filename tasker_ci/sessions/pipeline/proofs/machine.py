"""The machine as an input: programs and libraries, the compiler, limits, and we ourselves."""

from __future__ import annotations

import os
import platform
import re
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Command
from tasker_ci.process.processors import processors
from tasker_ci.rust.cargo_configuration import CargoConfiguration
from tasker_ci.sessions.pipeline.proofs.listing import Listing, NotUnderstood, digest_of
from tasker_ci.tools.rust_programs import RustPrograms
from tasker_ci.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.context import Context
    from tasker_ci.sessions.pipeline.proofs.listing import Stamp

_FOLDERS = (
    *("PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "PKG_CONFIG_PATH", "PYTHONPATH"),
    *("DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
)
"""Variables that name folders of programs and libraries, which any build and any test may use."""

_LIBRARIES = ("/usr/local/lib", "/usr/local/include", "/usr/local/lib/pkgconfig")
"""Where people put libraries past the system's packages."""

_PACKAGES = (
    *("/var/lib/dpkg/status", "/lib/apk/db/installed", "/var/lib/rpm/rpmdb.sqlite"),
    *("/var/lib/pacman/local", "/run/current-system", "/Library/Receipts/InstallHistory.plist"),
    *("/System/Library/CoreServices/SystemVersion.plist", "/usr/local/Cellar"),
    "/opt/homebrew/Cellar",
)  # fmt: skip
"""What changes when the system's packages do, which is how its libraries change."""

_FOLDER = re.compile(r"(?<![\w./])/[^\n'\":;]+")
_NO_MODULES = frozenset({"__pycache__", "node_modules", "target", "tasker_ci"})
"""Folders of an installed project that hold none, and our own, which is read anyway."""

_OF_TOOLCHAIN = ("bin", "lib", "lib/rustlib", "libexec")
_TARGET_FOLDERS = ("bin", "lib", "bin/gcc-ld")


def compiler_answers(context: Context, environment: Mapping[str, str]) -> Listing:
    """What the compiler says of itself, and where its toolchain lies.

    Raises `NotUnderstood` where it does not answer.
    """
    programs = RustPrograms.of(context, environment)
    compiler = CargoConfiguration.read(context.workspace, environment).compiler
    questions = {"rustc -vV": ("-vV",), "sysroot": ("--print", "sysroot")}

    def ask(words: tuple[str, ...]) -> str:
        command = programs.command("rustc", *words)
        if compiler != "rustc":
            command = Command(
                argv=(compiler, *words), cwd=context.workspace, environment=environment
            )
        try:
            answer = programs.start(command)
        except TaskerCIError as error:
            raise NotUnderstood("the compiler does not start") from error
        if answer.exit_code or not answer.stdout.strip():
            raise NotUnderstood("the compiler does not say which it is")
        return answer.stdout.strip()

    with ThreadPoolExecutor(max_workers=len(questions)) as threads:
        answers = threads.map(ask, questions.values())
        return Listing(dict(zip(questions, answers, strict=True)))


def programs_listing(
    environment: Mapping[str, str], sysroot: str, skipped: frozenset[str], start: Path
) -> Listing:
    """All programs and libraries of the folders that variables name, and of the toolchain.

    By what the system says of each file, not by content. ``skipped`` are folders that count
    elsewhere, or not at all; a relative folder begins at ``start``.
    """
    folders = [
        os.path.join(start, word)
        for name in _FOLDERS
        for word in environment.get(name, "").split(os.pathsep)
        if word
    ]
    folders += [*_LIBRARIES, *(os.path.join(sysroot, name) for name in _OF_TOOLCHAIN)]
    targets = os.path.join(sysroot, "lib", "rustlib")
    folders += [
        os.path.join(target, name) for target in _folders_in(targets) for name in _TARGET_FOLDERS
    ]
    stamps: dict[str, Stamp] = {}
    for folder in dict.fromkeys(map(os.path.realpath, folders)):
        within = (folder + os.sep).startswith
        if not any(within(each + os.sep) for each in skipped):
            stamps.update(_files_in(folder))
    for path in _PACKAGES:
        stamps.update(_stamped(path))
    return Listing({name: " ".join(map(str, stamp)) for name, stamp in stamps.items()}, stamps)


def _folders_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.path for entry in entries if entry.is_dir())
    except OSError:
        return []


def _files_in(folder: str) -> Iterator[tuple[str, Stamp]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield from _stamped(entry.path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise NotUnderstood(f"{folder} cannot be read ({error.strerror})") from error


def _stamped(path: str) -> Iterator[tuple[str, Stamp]]:
    """What the system says of a file, or of what is in its place; a folder counts by its time."""
    try:
        status = os.stat(path)
    except OSError:
        return
    if stat.S_ISREG(status.st_mode) or path in _PACKAGES:
        yield (
            path,
            (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode),
        )


def machine_listing() -> Listing:
    """System, processors, user and limits."""
    system = platform.uname()  # by name: to count its parts would start a program
    items = {
        "system": f"{system.system} {system.release} {system.version} {system.machine}",
        "processors": str(processors()),
        "Python": f"{sys.executable} {sys.version}",
    }
    if sys.platform != "win32":
        import resource

        items["user"] = f"{os.getuid()} {os.getgid()} {sorted(os.getgroups())}"
        names = sorted(name for name in dir(resource) if name.startswith("RLIMIT_"))
        for name in names:
            try:
                items[f"limit {name}"] = str(resource.getrlimit(getattr(resource, name)))
            except (OSError, ValueError):
                continue
        try:
            told = Path("/proc/self/status").read_text("utf-8")
            umask = next((line for line in told.splitlines() if line.startswith("Umask:")), "")
            items["umask"] = umask
        except OSError:
            pass
    return Listing(items)


def own_files(folders: Iterable[str] = tuple(sys.path)) -> Iterator[str]:
    """The files of tasker-ci itself, so that an editable installation counts as it is now.

    And of the packages beside it, which may bring sessions.
    """
    package = str(Path(__file__).parents[3])
    for folder, names, files in os.walk(package):
        names[:] = [name for name in names if name != "__pycache__"]
        yield from (os.path.join(folder, name) for name in files if not name.endswith(".pyc"))
    for each in folders:
        try:
            with os.scandir(each or ".") as entries:
                found = [entry.path for entry in entries]
        except OSError:
            continue
        yield from (f"{path}/RECORD" for path in found if path.endswith(".dist-info"))
        for path in found:
            if path.endswith(".pth") or os.path.basename(path).startswith("__editable__"):
                yield from _editable(path)


def _editable(file: str) -> Iterator[str]:
    """A file that makes Python import from elsewhere, and the modules there."""
    yield file
    if os.path.isdir(file):
        return
    try:
        text = Path(file).read_text("utf-8", "replace")
    except OSError:
        return
    for folder in _FOLDER.findall(text):
        if os.path.isdir(folder) and os.path.dirname(folder) != folder:
            for top, names, files in os.walk(folder):
                names[:] = [
                    name for name in names if name.isidentifier() and name not in _NO_MODULES
                ]
                yield from (os.path.join(top, name) for name in files if name.endswith(".py"))


def own_version() -> str:
    """The version of tasker-ci, with the form of what it keeps."""
    return digest_of(__version__, sys.implementation.cache_tag or "")
