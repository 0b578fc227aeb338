from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, jobs, told

from tasker_ci.sessions.review.rules.quoted_value import RULE

if TYPE_CHECKING:
    from pathlib import Path


def step(line: str, more: str = "true") -> dict[str, str]:
    lines = f"    - run: |\n        {line}\n    - run: {more}\n"
    return {CI: jobs(f"one:\n  runs-on: ubuntu-latest\n  steps:\n{lines}")}


@pytest.mark.parametrize(
    "line",
    [
        """echo 'URL="postgres://localhost/test"' >> $GITHUB_ENV""",
        r"""echo "FLAGS=\"-D warnings\"" >> "$GITHUB_ENV" """,
        """echo "FLAGS='$(date)'" | tee -a ${GITHUB_ENV}""",
    ],
)
def test_quotes_that_stay(line: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, step(line)) == [f"warning {CI}:7"]


@pytest.mark.parametrize(
    "line",
    [
        """echo "URL=postgres://localhost/test" >> $GITHUB_ENV""",
        """echo URL="postgres://localhost/test" >> $GITHUB_ENV""",
        """echo 'URL="postgres://localhost/test"' >> .env""",
        """echo 'LIST="a" "b"' >> $GITHUB_ENV""",
        """echo 'URL="x"' >> $GITHUB_OUTPUT""",
    ],
)
def test_no_quotes_that_stay(line: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, step(line)) == []


def test_json_has_its_quotes(tmp_path: Path) -> None:
    files = step("""echo 'NAME="x"' >> $GITHUB_ENV""", "echo ${{ fromJSON(env.NAME) }}")
    assert told(tmp_path, RULE, files) == []
