"""What README.md and CONTRIBUTING.md say about the code is true."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import readme  # noqa: E402 - found through the line above, tests are no package


def test_the_tables_of_sessions_and_settings_are_those_of_the_code() -> None:
    text = readme.README.read_text(encoding="utf-8")
    assert readme.updated(text) == text, "run `python tests/readme.py`"
