"""The environment table in the formats of shells, dotenv readers, scripts and documents."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any, Literal

from tasker_ci.screen.reporter import Table, to_markdown
from tasker_ci.text.masking import HIDDEN, without_passwords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tasker_ci.settings.environment import EnvironmentRow

Format = Literal["shell", "dotenv", "json", "markdown"]

_APPLIES = {
    "always": "always",
    "ci": "only in CI",
    "github": "only on GitHub",
    "sccache": "once sccache has answered",
    "steps": "only in the steps of a GitHub job, in no session",
}


def render(rows: Iterable[EnvironmentRow], form: Format, *, explain: bool, reveal: bool) -> str:
    """Return the table as text, without a newline at the end.

    ``explain`` adds purpose and source of every value, ``reveal`` shows secrets. In `shell` and
    `dotenv`, which programs read, a hidden or absent value is a comment, never a wrong value. The
    password in a URL is a secret too; in the other formats the rest of the URL is shown.
    """
    return _RENDERERS[form](tuple(rows), explain, reveal)


def shell_assignment(name: str, value: str) -> str:
    """One POSIX shell line that exports a variable, whatever its value holds."""
    return f"export {name}={shlex.quote(value)}"


def dotenv_assignment(name: str, value: str) -> str:
    """One dotenv line; newlines are escaped, which Compose, python-dotenv and dotenvy all read.

    Quotes, backslashes and newlines beside a ``$NAME`` have no spelling that all three read alike:
    python-dotenv keeps the backslash before the dollar.
    """
    if not set("'\\\n\r") & set(value):
        return f"{name}='{value}'"
    for plain, escaped in (
        ("\\", "\\\\"),
        ('"', '\\"'),
        ("\n", "\\n"),
        ("\r", "\\r"),
    ):
        value = value.replace(plain, escaped)
    value = re.sub(r"\$(?=[A-Za-z_{])", r"\\$", value)
    return f'{name}="{value}"'


def table_of(rows: Iterable[EnvironmentRow], *, explain: bool, reveal: bool) -> Table:
    """The table for people."""
    columns = ("variable", "value", *(("purpose", "source", "applies") if explain else ()))
    return Table(
        columns=columns,
        rows=tuple(
            (
                row.name,
                _shown(row, reveal=reveal),
                *((row.purpose, row.source, _APPLIES[row.applies]) if explain else ()),
            )
            for row in rows
        ),
    )


def data_of(rows: Iterable[EnvironmentRow], *, explain: bool, reveal: bool) -> dict[str, Any]:
    """The table as plain data; a secret, or what does not apply, is null.

    A URL is shown without its password.
    """
    result: dict[str, Any] = {}
    for row in rows:
        value = row.value if reveal or not row.hidden else None
        if value is not None and not reveal:
            value = without_passwords(value)
        if explain:
            result[row.name] = {
                "value": value,
                "purpose": row.purpose,
                "source": row.source,
                "secret": row.secret,
                "applies": row.applies,
            }
        elif row.hidden or value is not None:
            result[row.name] = value
    return result


def _lines(
    rows: Iterable[EnvironmentRow],
    assignment: Callable[[str, str], str],
    *,
    explain: bool,
    reveal: bool,
) -> str:
    lines = []
    for row in rows:
        if explain:
            lines.append(f"# {_one_line(row.purpose)} ({row.source}; {_APPLIES[row.applies]})")
        if row.hidden and not reveal:
            lines.append(f"# {row.name} is secret; --reveal prints it")
        elif row.value is not None and not reveal and without_passwords(row.value) != row.value:
            shown = _one_line(without_passwords(row.value))
            lines.append(f"# {row.name} is {shown}; --reveal prints its password")
        elif row.value is not None:
            lines.append(assignment(row.name, row.value))
        elif explain:
            lines.append(f"# {row.name} does not apply here")
    return "\n".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _shown(row: EnvironmentRow, *, reveal: bool) -> str:
    if row.hidden and not reveal:
        return HIDDEN
    value = "" if row.value is None else row.value
    return value if reveal else without_passwords(value)


_RENDERERS: Mapping[str, Callable[[tuple[EnvironmentRow, ...], bool, bool], str]] = {
    "shell": lambda rows, explain, reveal: _lines(
        rows, shell_assignment, explain=explain, reveal=reveal
    ),
    "dotenv": lambda rows, explain, reveal: _lines(
        rows, dotenv_assignment, explain=explain, reveal=reveal
    ),
    "json": lambda rows, explain, reveal: json.dumps(
        data_of(rows, explain=explain, reveal=reveal), indent=2
    ),
    "markdown": lambda rows, explain, reveal: to_markdown(
        table_of(rows, explain=explain, reveal=reveal)
    ).rstrip("\n"),
}
