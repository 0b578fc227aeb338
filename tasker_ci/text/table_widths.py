"""How wide each column of a table is, so that no word breaks where there is room for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def column_widths(rows: Sequence[Sequence[str]], width: int) -> list[int | None]:
    """The width of each column of a table ``width`` wide; None where the words do not fit.

    ``rows`` has the headings too. Beside its text a column takes two blanks and a divider, the
    table one more at its edge. What is left beyond the longest words goes to the columns in
    proportion to what they could use. (rich alone narrows the widest column first, whatever words
    are in it.)
    """
    columns = list(zip(*rows, strict=True))
    words = [max(map(len, " ".join(texts).split()), default=0) for texts in columns]
    wishes = [
        max(len(line) for text in texts for line in text.split("\n")) - least
        for texts, least in zip(columns, words, strict=True)
    ]
    spare = width - sum(words) - 3 * len(columns) - 1
    if spare < 0:
        return [None] * len(columns)
    share = min(1.0, spare / max(1, sum(wishes)))
    return [least + int(wish * share) for least, wish in zip(words, wishes, strict=True)]
