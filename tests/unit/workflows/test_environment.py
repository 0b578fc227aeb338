"""The table in every format, read back by the programs that the formats are for."""

from __future__ import annotations

import io
import json
import subprocess
from dataclasses import replace
from typing import get_args

import dotenv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasker_ci.settings.environment import EnvironmentRow
from tasker_ci.workflows.environment import (
    Format,
    data_of,
    dotenv_assignment,
    render,
    shell_assignment,
    table_of,
)

PLAIN = EnvironmentRow(
    name="RUST_LOG",
    value="warn",
    purpose="how much\nit logs",
    secret=False,
    source="preset tasker",
    applies="always",
)
ABSENT = EnvironmentRow(
    name="SCCACHE_GHA_ENABLED",
    value=None,
    purpose="cache",
    secret=False,
    source="default",
    applies="github",
)
HIDDEN = "-----BEGIN-----\nMIIE'x\\\n-----END-----"
SECRET = EnvironmentRow(
    name="JWT_PRIVATE_KEY",
    value=HIDDEN,
    purpose="signs",
    secret=True,
    source="made for this run",
    applies="always",
)
ROWS = (PLAIN, ABSENT, SECRET)

# Neither an environment nor a shell can hold NUL, nor lone surrogates as UTF-8.
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@pytest.mark.parametrize("shell", ["bash", "sh"])
@settings(max_examples=10)
@given(values=st.lists(VALUES, min_size=20, max_size=40))
def test_a_shell_gets_every_value_back(shell: str, values: list[str]) -> None:
    names = [f"VALUE_{number}" for number in range(len(values))]
    script = "\n".join(map(shell_assignment, names, values))
    script += "\nprintf '%s\\0' " + " ".join(f'"${name}"' for name in names)
    answer = subprocess.run([shell], input=script.encode(), capture_output=True, check=True)
    assert answer.stdout.decode().split("\0")[:-1] == values
    assert answer.stderr == b""


@given(value=VALUES.filter(lambda text: "$" not in text))
def test_python_dotenv_gets_every_value_back(value: str) -> None:
    text = f"BEFORE='1'\n{dotenv_assignment('VALUE', value)}\nAFTER='2'\n"
    assert dotenv.dotenv_values(stream=io.StringIO(text)) == {
        "BEFORE": "1",
        "VALUE": value,
        "AFTER": "2",
    }


@given(value=st.text(st.sampled_from('a$ {}#="')))
def test_a_dollar_alone_is_no_reference_for_dotenv(value: str) -> None:
    text = dotenv_assignment("VALUE", value)
    assert dotenv.dotenv_values(stream=io.StringIO(text), interpolate=False) == {"VALUE": value}


def test_a_dotenv_line_is_one_line_also_for_a_key() -> None:
    line = dotenv_assignment("KEY", HIDDEN)
    assert "\n" not in line
    assert dotenv.dotenv_values(stream=io.StringIO(line)) == {"KEY": HIDDEN}


@given(value=VALUES)
def test_json_gets_every_value_back(value: str) -> None:
    text = render([replace(PLAIN, value=value)], "json", explain=False, reveal=False)
    assert json.loads(text) == {"RUST_LOG": value}


@pytest.mark.parametrize("form", get_args(Format))
@pytest.mark.parametrize("explain", [False, True])
def test_a_secret_is_shown_only_when_it_is_asked_for(form: Format, explain: bool) -> None:
    hidden = render(ROWS, form, explain=explain, reveal=False)
    assert "MIIE" not in hidden
    assert "JWT_PRIVATE_KEY" in hidden, "that there is one is no secret"
    assert "MIIE" in render(ROWS, form, explain=explain, reveal=True)


@pytest.mark.parametrize("form", ["shell", "dotenv"])
def test_what_a_program_reads_holds_no_wrong_value(form: Format) -> None:
    lines = render(ROWS, form, explain=False, reveal=False).splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        {"shell": "export RUST_LOG=warn", "dotenv": "RUST_LOG='warn'"}[form]
    ]
    assert "# JWT_PRIVATE_KEY is secret; --reveal prints it" in lines


def test_explained_lines_are_comments_whatever_a_purpose_holds() -> None:
    lines = render(ROWS, "shell", explain=True, reveal=False).splitlines()
    assert lines == [
        "# how much it logs (preset tasker; always)",
        "export RUST_LOG=warn",
        "# cache (default; only on GitHub)",
        "# SCCACHE_GHA_ENABLED does not apply here",
        "# signs (made for this run; always)",
        "# JWT_PRIVATE_KEY is secret; --reveal prints it",
    ]


@pytest.mark.parametrize("form", get_args(Format))
def test_a_value_whose_name_says_secret_is_shown_only_when_it_is_asked_for(form: Format) -> None:
    named = replace(PLAIN, name="DB_PASSWORD", value="correct-horse")
    places = replace(PLAIN, name="DB_PASSWORD_FILE", value="/run/secrets/db")
    shown = render((named, places), form, explain=False, reveal=False)
    assert "correct-horse" not in shown
    assert "/run/secrets/db" in shown
    assert "correct-horse" in render((named,), form, explain=False, reveal=True)


def test_data_tells_hidden_from_absent() -> None:
    assert data_of(ROWS, explain=False, reveal=False) == {
        "RUST_LOG": "warn",
        "JWT_PRIVATE_KEY": None,
    }
    explained = data_of(ROWS, explain=True, reveal=False)
    assert explained["SCCACHE_GHA_ENABLED"] == {
        "value": None,
        "purpose": "cache",
        "source": "default",
        "secret": False,
        "applies": "github",
    }
    assert explained["JWT_PRIVATE_KEY"]["secret"] is True


def test_the_table_for_people_has_a_column_for_everything_explained() -> None:
    short = table_of(ROWS, explain=False, reveal=False)
    assert short.columns == ("variable", "value")
    assert short.rows[2] == ("JWT_PRIVATE_KEY", "***")
    long = table_of(ROWS, explain=True, reveal=True)
    assert long.columns == ("variable", "value", "purpose", "source", "applies")
    assert long.rows[1] == ("SCCACHE_GHA_ENABLED", "", "cache", "default", "only on GitHub")


def test_markdown_keeps_its_shape() -> None:
    row = replace(PLAIN, value="a|b`c\nd<e>")
    assert render([row], "markdown", explain=False, reveal=False).splitlines() == [
        "| variable | value |",
        "| --- | --- |",
        r"| RUST_LOG | a\|b\`c<br>d&lt;e&gt; |",
    ]


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("form", get_args(Format))
def test_a_password_in_a_url_needs_reveal_in_every_format(form: Format, *, explain: bool) -> None:
    row = replace(PLAIN, name="DATABASE_URL", value="postgres://me:hunter2@h/d?sslpassword=hunter2")
    shown = render([row], form, explain=explain, reveal=False)
    assert "hunter2" not in shown
    assert "postgres://me:" in shown
    assert "hunter2" in render([row], form, explain=explain, reveal=True)
    assert "hunter2" not in str(table_of([row], explain=explain, reveal=False))
    if form in {"shell", "dotenv"}:  # programs read it: no wrong value
        assert [line for line in shown.splitlines() if not line.startswith("#")] == []
