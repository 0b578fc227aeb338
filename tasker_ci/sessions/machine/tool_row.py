"""One line of the table of `tools`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.errors import InstallationFailed


@dataclass(frozen=True, kw_only=True)
class ToolRow:
    """One line of the table of `tools`."""

    tool: str
    wanted: str
    found: str
    where: str
    how: str
    verified: str = "-"
    problem: InstallationFailed | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.tool, self.wanted, self.found, self.where, self.how, self.verified)

    @property
    def document(self) -> dict[str, str]:
        reason = {"problem": self.problem.message} if self.problem else {}
        names = ("tool", "wanted", "found", "where", "how", "verified")
        return {**dict(zip(names, self.cells, strict=True)), **reason}
