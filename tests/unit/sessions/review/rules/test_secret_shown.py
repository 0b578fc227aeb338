from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.secret_shown import RULE

if TYPE_CHECKING:
    from pathlib import Path

VALUE = "".join(f"{number * 7919 % 251:02x}" for number in range(1, 33))
"""Looks like a key, and is none."""


def step(*lines: str) -> dict[str, str]:
    run = "".join(f"\n        {line}" for line in lines)
    return {CI: jobs(f"one:\n  runs-on: ubuntu-latest\n  steps:\n    - run: |{run}\n")}


@pytest.mark.parametrize(
    "line",
    [
        f'echo "API_KEY={VALUE}" >> "$GITHUB_ENV"',
        f"echo 'API_KEY={VALUE}' | tee -a $GITHUB_ENV >> $GITHUB_ENV",
        f'printf "%s\\n" "API_KEY={VALUE}" >> $GITHUB_ENV',
        'echo "- API_KEY: ${API_KEY:0:8}..."',
        "echo ${MY_TOKEN: -4}",
        'log_info "url: ${DATABASE_URL%?*}*****"',
    ],
)
def test_what_the_log_shows(line: str, tmp_path: Path) -> None:
    found = findings(tmp_path, RULE, step("true", line))
    assert [str(each.place) for each in found] == [f"{CI}:8"]
    assert not any(VALUE in repr(each) for each in found)


@pytest.mark.parametrize(
    "lines",
    [
        (f'echo "::add-mask::{VALUE}"', f'echo "API_KEY={VALUE}" >> $GITHUB_ENV'),
        ('echo "API_KEY=${{ secrets.API_KEY }}" >> $GITHUB_ENV',),
        ('echo "API_KEY=test" >> $GITHUB_ENV',),
        ('echo "POSTGRES_PASSWORD=postgres" >> $GITHUB_ENV',),
        (f'echo "COMMIT={VALUE}" >> $GITHUB_ENV',),
        (f'echo "MY_TOKEN=0x{VALUE[:40]}" >> $GITHUB_ENV',),
        (f'echo "API_KEY={VALUE}" >> file',),
        ('echo "${API_KEY:+is set} ${TOKEN:-none} ${#SECRET}"',),
        ('echo "${GITHUB_SHA:0:8} ${TOKENIZER_VERSION:0:3} ${SECRET_FILE:0:2}"',),
        ('echo "${API_KEY:0:8}" > prefix',),
        ('echo "${API_KEY:0:8}" | sha256sum',),
        ('log_info "${DATABASE_URL%@*}*****"',),
        ('# echo "${DATABASE_URL%?*}*****"',),
    ],
)
def test_what_it_does_not_show(lines: tuple[str, ...], tmp_path: Path) -> None:
    assert findings(tmp_path, RULE, step(*lines)) == []


def test_a_key_under_env(tmp_path: Path) -> None:
    text = f"one:\n  runs-on: ubuntu-latest\n  env:\n    API_KEY: {VALUE}\n  steps: [{{run: a}}]\n"
    assert told(tmp_path, RULE, {CI: jobs(text)}) == [f"warning? {CI}:6"]


def test_an_action_whose_document_says_otherwise(tmp_path: Path) -> None:
    action = (
        "runs:\n  using: composite\n  steps:\n    - shell: bash\n"
        f'      run: echo "API_KEY={VALUE}" >> $GITHUB_ENV\n'
    )
    files = {
        "setup/action.yml": action,
        "setup/README.md": "# Setup\n\n- **Security**: masks sensitive values in logs\n",
    }
    (found,) = findings(tmp_path, RULE, files)
    assert str(found.place) == "setup/action.yml:5"
    assert found.evidence == ("setup/README.md:3 says that the log masks it",)
