"""Files with the findings, by the ends of their names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tasker_ci.errors import UsageError
from tasker_ci.text.file_writing import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tasker_ci.sessions.review.result import ReviewResult


def check_outputs(names: Iterable[str]) -> None:
    """Raise `UsageError` for a file whose end means nothing, before anything is read."""
    for name in names:
        if not name.endswith(tuple(_FORMATS)):
            message = f"--output {name}: its end says no format."
            raise UsageError(message, next_step=f"Choose one of {', '.join(_FORMATS)}.")


def write_outputs(folder: Path, result: ReviewResult, names: Iterable[str]) -> None:
    """Write each file, from ``folder`` on; the end of its name says the format."""
    for name in names:
        form = next(make for end, make in _FORMATS.items() if name.endswith(end))
        write_file(folder / name, form(result))


def _sarif(result: ReviewResult) -> str:
    from tasker_ci.sessions.review.sarif import sarif

    return _json(sarif(result))


def _markdown(result: ReviewResult) -> str:
    from tasker_ci.sessions.review.markdown import as_markdown

    return as_markdown(result)


def _page(result: ReviewResult) -> str:
    from tasker_ci.sessions.review.page import as_page

    return as_page(result)


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2) + "\n"


_FORMATS: Mapping[str, Callable[[ReviewResult], str]] = {
    ".sarif": _sarif,
    ".md": _markdown,
    ".html": _page,
    ".json": lambda result: _json(result.data()),
}
