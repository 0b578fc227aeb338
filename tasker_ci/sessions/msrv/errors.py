"""How the check with the oldest Rust can fail."""

from __future__ import annotations

from tasker_ci.errors import CommandFailed, NotChecked, ToolchainError


class PromiseBroken(CommandFailed):
    """A package does not compile with the Rust that its `rust-version` names."""


class ToolchainsMissing(ToolchainError):
    """A toolchain that a `rust-version` names is not installed, or cannot work here."""


class MsrvNotChecked(ToolchainsMissing, NotChecked):
    """The same on a machine that need not have it."""
