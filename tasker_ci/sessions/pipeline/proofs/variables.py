"""The environment as an input: all of it, but for a short list that no result depends on.

A variable of the list counts all the same where a file of the repository names it, or cargo says
that a build read it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.context import CODE_VARIABLE, RUN_VARIABLE
from tasker_ci.sessions.pipeline.proofs.listing import Listing, digest_of
from tasker_ci.settings.load import PROVEN_VARIABLE
from tasker_ci.settings.output_variables import SET_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

OURS = frozenset({RUN_VARIABLE, CODE_VARIABLE, SET_VARIABLE, PROVEN_VARIABLE})
"""Between us and our sessions, or about proofs alone: they never reach a test."""

LAST_COMMAND = "_"

SHELL = frozenset({
    LAST_COMMAND,  # the command that the shell started last
    "SHLVL",  # how many shells stand one in the other
    "OLDPWD",  # where the shell was before
})  # fmt: skip
"""What a shell counts for itself."""

TERMINAL = frozenset({
    "ALACRITTY_LOG", "ALACRITTY_SOCKET", "ALACRITTY_WINDOW_ID", "GNOME_TERMINAL_SCREEN",
    "GNOME_TERMINAL_SERVICE", "GPG_TTY", "ITERM_SESSION_ID", "KITTY_PID", "KITTY_WINDOW_ID",
    "KONSOLE_DBUS_SERVICE", "KONSOLE_DBUS_SESSION", "KONSOLE_DBUS_WINDOW", "SHELL_SESSION_ID",
    "STY", "TERM_SESSION_ID", "TMUX", "TMUX_PANE", "VSCODE_GIT_IPC_HANDLE", "VSCODE_IPC_HOOK_CLI",
    "WEZTERM_PANE", "WEZTERM_UNIX_SOCKET", "WINDOW", "WINDOWID", "WT_SESSION",
    "ZELLIJ_SESSION_NAME",
})  # fmt: skip
"""Which window, tab or pane somebody types in; its kind and its size are no such thing."""

LOGIN = frozenset({
    "DESKTOP_STARTUP_ID", "INVOCATION_ID", "JOURNAL_STREAM", "MANAGERPID", "SECURITYSESSIONID",
    "SSH_AGENT_PID", "SSH_AUTH_SOCK", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "SYSTEMD_EXEC_PID",
    "XAUTHORITY", "XDG_ACTIVATION_TOKEN", "XDG_SESSION_ID",
})  # fmt: skip
"""Numbers and sockets of one login."""

LEFT_OUT = SHELL | TERMINAL | LOGIN

UNSEEN = SHELL | {
    "DESKTOP_STARTUP_ID", "INVOCATION_ID", "MANAGERPID", "SECURITYSESSIONID", "SHELL_SESSION_ID",
    "SYSTEMD_EXEC_PID", "WINDOW", "WINDOWID", "XDG_ACTIVATION_TOKEN", "XDG_SESSION_ID",
}  # fmt: skip
"""Those of them that no program looks at. Of the others libraries ask whether they are set, to know
the terminal or the login by them: that counts, their values do not."""

NAMED = re.compile(
    rb"\b(?:" + b"|".join(sorted(name.encode() for name in LEFT_OUT - {LAST_COMMAND})) + rb")\b"
    rb"""|(?<=["'])_(?=["']\s*[)\],])"""
)
"""Finds their names in files; the last is what a shell calls ``_``, as an argument in quotes."""


def variables_listing(environment: Mapping[str, str], named: Collection[str]) -> Listing:
    """The variables that count, by digests: values may be secret."""
    return Listing(
        {
            name: digest_of(value) if name not in LEFT_OUT or name in named else "set"
            for name, value in environment.items()
            if name not in OURS and (name not in UNSEEN or name in named)
        }
    )
