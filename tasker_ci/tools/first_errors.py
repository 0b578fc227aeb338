"""The first error of each package that a build did not get past, and what cargo said before any."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.tools.compiler_messages import CompilerFinding

_ERROR = re.compile(r"(?ms)^error: (?P<text>.+?)(?=^error: |\Z)")
_NO_NETWORK = re.compile(
    r"(?i)network failure|spurious network error|failed to download|could(?:n't| not) resolve host|"
    r"unable to update registry|failed to query replaced source|attempting to make an HTTP request"
)
_NO_STANDARD_LIBRARY = re.compile(r"can't find crate for `(?:core|std)`")


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """The first that stands in the way of one package, with its place."""

    package: str
    """Its name; "" where cargo does not say whose it is."""
    message: str
    code: str | None = None
    file: str = ""
    """Relative to the workspace, or absolute for a dependency; "" for no place."""
    line: int = 0
    needs: str = ""
    """The Rust that it says it needs itself, if it says so."""
    release: str = ""
    """The version of the package, of one that is locked."""

    def __str__(self) -> str:
        place = f" at {self.file}:{self.line}" if self.file else ""
        code = f" ({self.code})" if self.code else ""
        return f"{self.message}{code}{place}"

    def as_finding(self) -> CompilerFinding:
        """As an annotation."""
        return CompilerFinding(
            level="error",
            code=self.code,
            message=self.message,
            file=self.file or None,
            line=self.line,
        )

    def data(self) -> dict[str, Any]:
        """All of it for `--json`."""
        return {
            "package": self.package,
            "message": self.message,
            "code": self.code or "",
            "file": self.file,
            "line": self.line,
            "needs": self.needs,
        }


@dataclass(kw_only=True)
class FirstErrors:
    """Reads cargo's JSON messages, and keeps the first error of each package."""

    of_packages: dict[str, Obstacle] = field(default_factory=dict)
    count: int = 0
    refused: bool = False
    """Whether code refuses to be compiled as it is asked to: by features, most often."""
    no_standard_library: bool = False
    """Whether the toolchain lacks the target that the workspace is built for."""

    def read(self, line: str) -> None:
        """Take in one line of cargo's standard output."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict) or message.get("reason") != "compiler-message":
            return
        diagnostic = message["message"]
        text = str(diagnostic["message"])
        if not str(diagnostic["level"]).startswith("error") or text.startswith("aborting due to"):
            return
        self.count += 1
        self.refused = self.refused or "compile_error!" in str(diagnostic.get("rendered"))
        if _NO_STANDARD_LIBRARY.search(text):
            self.no_standard_library = True
        name = package_name(str(message.get("package_id", "")))
        if name in self.of_packages:
            return
        span = next((each for each in diagnostic.get("spans") or () if each["is_primary"]), None)
        self.of_packages[name] = Obstacle(
            package=name,
            message=text.partition("\n")[0],
            code=(diagnostic.get("code") or {}).get("code") or None,
            file=span["file_name"] if span else "",
            line=span["line_start"] if span else 0,
        )


def package_name(identity: str) -> str:
    """The package's name in cargo's id of it, in whichever of its spellings.

    ``name 1.0.0 (path+file:///…)``, ``path+file:///…/name#1.0.0`` or ``…#name@1.0.0``.
    """
    if " " in identity:
        return identity.partition(" ")[0]
    source, _, fragment = identity.partition("#")
    if "@" in fragment:
        return fragment.partition("@")[0]
    return source.rpartition("/")[2].partition("?")[0]


def told_by_cargo(said: str) -> Obstacle:
    """What cargo ``said`` where the compiler said nothing: its first error, as one line."""
    reasons = [each["text"].strip() for each in _ERROR.finditer(said)]
    told = [each for each in reasons if not each.startswith("could not compile")] or reasons
    message = shortened(one_line(" ".join(told[0].split()))) if told else "cargo gave no reason"
    return Obstacle(package="", message=message)


def says_no_network(said: str) -> bool:
    """Whether cargo could not fetch what it needs, so that nothing was compiled."""
    return _NO_NETWORK.search(said) is not None
