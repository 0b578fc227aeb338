"""The tables of README.md, made from the code.

``python tests/readme.py`` writes them between their markers; the unit tests fail when they are
stale.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.faces.options import description_of, flags_of
from tasker_ci.screen.reporter import Table, to_markdown
from tasker_ci.sessions import SESSIONS, load_settings, settings_model
from tasker_ci.settings.documents import leaves
from tasker_ci.settings.load import variable_name
from tasker_ci.settings.value_types import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.options import Option

README = Path(__file__).parent.parent / "README.md"
_COMMON = {"--dry-run", "--json", "--set"}


def sessions_table() -> str:
    """Every session: what it does and the flags of its own."""
    rows = []
    for name, session in SESSIONS.items():
        options = flags_of(session)
        flags = [_flag(option) for option in options if option.flag not in _COMMON]
        summary = description_of(session).splitlines()[0]
        rows.append((name, summary, " ".join(flags), session.stage or "", session.running))
    columns = ("session", "what it does", "flags of its own", "stage", "runs of the project")
    return to_markdown(Table(columns=columns, rows=tuple(rows)))


def settings_table() -> str:
    """Every setting: type, default, variable, meaning."""
    defaults: Mapping[Any, Any] = load_settings(Path("/nonexistent"), {}).values
    rows = []
    for key, leaf in leaves(settings_model()).items():
        default = defaults.get(key, {})
        shown = list(default) if isinstance(default, tuple) else default
        rows.append(
            (
                ".".join(key),
                describe(leaf.annotation),
                str(shown).lower() if isinstance(shown, bool) else str(shown or ""),
                variable_name(key),
                leaf.help,
            )
        )
    columns = ("setting", "takes", "default", "variable", "meaning")
    return to_markdown(Table(columns=columns, rows=tuple(rows)))


def updated(text: str) -> str:
    """Return the README with its tables made anew."""
    for name, table in (("sessions", sessions_table()), ("settings", settings_table())):
        begin, end = f"<!-- {name}: made by tests/readme.py -->", f"<!-- end of {name} -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        text, count = pattern.subn(lambda _, b=begin, t=table, e=end: f"{b}\n{t}{e}", text)
        if count != 1:
            message = f"README.md has {count} places for the table of {name}, not one"
            raise ValueError(message)
    return text


def _flag(option: Option) -> str:
    return option.flag if option.switch else f"{option.flag} {option.value_name}"


if __name__ == "__main__":
    README.write_text(updated(README.read_text(encoding="utf-8")), encoding="utf-8")
