"""No word of a table breaks where there is room for all words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.text.table_widths import column_widths

ROWS = [
    ("advisory", "patched version", "pulled in by"),
    ("RUSTSEC-2031-0002", ">=0.4.0 or ^0.3.5", "one, two"),
]


def test_with_room_each_column_is_as_wide_as_its_text() -> None:
    assert column_widths(ROWS, 200) == [17, 17, 12]


def test_a_narrow_table_wraps_between_words() -> None:
    assert column_widths(ROWS, 45) == [17, 10, 7]


def test_where_not_even_the_words_fit_nothing_is_said() -> None:
    assert column_widths(ROWS, 39) == [None, None, None]


@given(
    rows=st.integers(1, 5).flatmap(
        lambda columns: st.lists(
            st.tuples(*[st.text(alphabet="ab \n", max_size=30)] * columns), min_size=1, max_size=5
        )
    ),
    width=st.integers(1, 120),
)
def test_whatever_is_said_fits_and_breaks_no_word(rows: list[tuple[str, ...]], width: int) -> None:
    widths = column_widths(rows, width)

    known = [column for column in widths if column is not None]
    assert len(known) in {0, len(widths)}
    if known:
        assert sum(known) + 3 * len(known) + 1 <= width
        for row in rows:
            for cell, column in zip(row, known, strict=True):
                assert all(len(word) <= column for word in cell.split())
