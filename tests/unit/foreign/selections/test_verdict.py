from __future__ import annotations

from tasker_ci.foreign.selections.verdict import YES, Verdict, all_verdicts, no, unsaid


def test_one_no_decides_and_else_one_doubt() -> None:
    assert all_verdicts([]) == YES
    assert all_verdicts([YES, unsaid("a"), unsaid("b")]) == Verdict(selected=None, why="a")
    assert all_verdicts([unsaid("a"), no("b"), no("c")]) == Verdict(selected=False, why="b")
