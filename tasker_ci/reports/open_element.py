"""An element of a report that is being read, and how its text is cut in a large file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.reports.held_text import HeldText

if TYPE_CHECKING:
    from tasker_ci.reports.held_text import Text, TextStore
    from tasker_ci.reports.markup import Markup

CUT_CHARACTERS = 32 * 1024
"""Of one text its beginning and its end, each."""

CUT_FURTHER = 2 * 1024
CUT_TOTAL = 64 * 1024 * 1024
"""After so much text only `CUT_FURTHER` of each is kept."""

_PIECE_CHARACTERS = 1024 * 1024
"""Of one text that is still coming, in memory."""

_AS_IT_IS = {"system-out", "system-err"}


@dataclass(slots=True)
class KeptText:
    """How much text has been kept of a file, and how much of the next one may be."""

    large: bool
    """Whether the texts of the file are cut."""
    texts: TextStore
    total: int = 0

    @property
    def limit(self) -> int:
        """What is kept of the beginning and of the end of a text; 0 for all of it."""
        if not self.large:
            return 0
        return CUT_CHARACTERS if self.total < CUT_TOTAL else CUT_FURTHER


@dataclass(slots=True)
class OpenElement:
    """An element whose end has not been read."""

    tag: str
    attributes: dict[str, str]
    children: list[Markup] = field(default_factory=list, init=False)
    _texts: list[str] = field(default_factory=list, init=False)
    _size: int = field(default=0, init=False)
    _left_out: int = field(default=0, init=False)
    _held: HeldText | None = field(default=None, init=False)

    def add(self, text: str, kept: KeptText) -> None:
        """Another piece of its text; in a large file the middle is left out."""
        self._texts.append(text)
        self._size += len(text)
        if self._size <= _PIECE_CHARACTERS and not kept.large:
            return
        limit = kept.limit
        if not limit:
            self._write_down(kept.texts)
        elif self._size > 3 * limit:
            whole = "".join(self._texts)
            self._left_out += len(whole) - 2 * limit
            self._texts = [whole[:limit], whole[-limit:]]
            self._size = 2 * limit

    def _write_down(self, store: TextStore) -> None:
        """Keep a text of many megabytes out of memory while it comes."""
        text = "".join(self._texts)
        if self._held is None and self.tag not in _AS_IT_IS:
            text = text.lstrip()
        self._texts, self._size = [], 0
        if self._held is not None:
            self._held.add(text.encode("utf-8", "replace"))
        elif text:
            self._held = HeldText(store, text.encode("utf-8", "replace"), 0)

    def text(self, kept: KeptText) -> Text:
        """Its text; "" where there is only white space."""
        if self._held is not None:
            self._write_down(kept.texts)
            if self.tag in _AS_IT_IS:
                self._held.seal()
            else:
                self._held.end()
            return self._held
        text = self._text()
        kept.total += len(text)
        return kept.texts.kept(text)

    def _text(self) -> str:
        if self._left_out:
            said = f"\n… {self._left_out} characters left out …\n"
            self._texts.insert(1, said)  # what follows the first piece came behind the cut
        text = "".join(self._texts)
        if self.tag in _AS_IT_IS:
            return text if text and not text.isspace() else ""
        return text.strip()  # elements within it stand in lines of their own


def cut(text: str) -> str:
    """The text of an attribute in a large file."""
    if len(text) <= 3 * CUT_CHARACTERS:
        return text
    left_out = len(text) - 2 * CUT_CHARACTERS
    said = f" … {left_out} characters left out … "
    return f"{text[:CUT_CHARACTERS]}{said}{text[-CUT_CHARACTERS:]}"
