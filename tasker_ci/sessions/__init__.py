"""The table of sessions: a name, the function behind it, its stage.

A new session is one function and one row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.context import Outcome


@dataclass(frozen=True)
class Session:
    """One row: where the function is (``module:function``, imported on use) and what it belongs to."""

    function: str
    stage: str
    """The stage of the pipeline, or "" for what people call by hand."""
    tags: tuple[str, ...] = ()
    family: str = ""
    """Sessions of one family share a target directory: `check` or `build`; "" for none."""
    passthrough: str = ""
    """The tool that gets what follows the separator; "" if nothing may follow."""
    product: bool = False
    """Whether standard output is for a program to read: all else goes to standard error."""

    def load(self) -> Callable[..., Outcome]:
        """Import and return the function."""
        module, _, name = self.function.partition(":")
        function: Callable[..., Outcome] = getattr(
            import_module(f"tasker_ci.sessions.{module}"), name
        )
        return function

    @property
    def default(self) -> bool:
        """Whether a bare ``nox`` runs the session: it belongs to the pipeline."""
        return bool(self.stage)


SESSIONS: Mapping[str, Session] = {
    "fmt": Session("quality:fmt", "quality", ("quality",)),
    "clippy": Session("quality:clippy", "quality", ("quality",), "check"),
    "doc": Session("quality:doc", "quality", ("quality",), "check"),
    "unit": Session("unit:unit", "unit", ("tests",), "build", "nextest"),
    "doctest": Session("plain_tests:doctest", "unit", ("tests",), "build"),
    "unit-default": Session("unit:unit_default", "", ("tests",), "build", "nextest"),
    "unit-ci": Session("unit:unit_ci", "", ("tests",), "build", "nextest"),
    "unit-local": Session("unit:unit_local", "", ("tests",), "build", "nextest"),
    "env": Session("configuration:env", "", ("look",), product=True),
    "settings": Session("configuration:settings", "", ("look",)),
    "ci": Session("ci:ci", ""),
}
