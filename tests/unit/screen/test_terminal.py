"""The door to the screen: a terminal, a plain log, or a step of GitHub Actions."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import github_runner
import pytest

from tasker_ci.errors import TaskerCIError
from tasker_ci.screen.reporter import Reporter, Table, to_markdown
from tasker_ci.screen.terminal import GitHubReporter, TerminalReporter, make_reporter, uses_color

if TYPE_CHECKING:
    from pathlib import Path

TABLE = Table(
    title="Results",
    columns=("session", "result"),
    rows=(("fmt", "passed"), ("unit", "failed | `x` <b> & \\ \n again")),
)
FAILURE = TaskerCIError("It broke:\n100 %", next_step="Mend it.")


COMMANDS = (
    "a\n::stop-commands::t",
    "::stop-commands::t",
    "  \t::add-mask::e",
    "\r::stop-commands::t\r",
    "\u2028::stop-commands::t",
    "\x85::add-mask::e",
    "\x0b\x0c::add-mask::e",
    "\x1b[31m::add-mask::e\x1b[0m",
    "\ufeff::add-mask::e",
    "\xa0::add-mask::e",
    "a ##[add-mask]e",
    "##[stop-commands]t",
    "#\u200b##[group]x",
    "%0A::add-mask::e",
)


def runner_lines(text: str) -> list[str]:
    """The lines as GitHub's runner splits them."""
    return re.split(r"\r\n|\r|\n", text)


def is_command(line: str) -> bool:
    """Whether the runner looks for a command in it: ActionCommand.TryParseV2 and TryParse."""
    return line.strip().startswith("::") or "##[" in line


def terminal(*, color: bool = False) -> TerminalReporter:
    return TerminalReporter(io.StringIO(), color=color)


def github(summary_file: str = "") -> GitHubReporter:
    return GitHubReporter(io.StringIO(), color=False, summary_file=summary_file)


def printed(reporter: Reporter) -> str:
    stream = reporter.stream
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


class TestColour:
    @pytest.mark.parametrize(
        ("environment", "terminal", "expected"),
        [
            pytest.param({}, True, True, id="terminal"),
            pytest.param({}, False, False, id="no terminal"),
            pytest.param({"TERM": "dumb"}, True, False, id="dumb terminal"),
            pytest.param({"NO_COLOR": "1"}, True, False, id="NO_COLOR"),
            pytest.param({"NO_COLOR": ""}, True, True, id="empty NO_COLOR says nothing"),
            pytest.param({"FORCE_COLOR": "1"}, False, True, id="FORCE_COLOR"),
            pytest.param({"FORCE_COLOR": "0"}, True, False, id="FORCE_COLOR=0"),
            pytest.param({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False, id="NO_COLOR wins"),
        ],
    )
    def test_who_decides(self, environment: dict[str, str], terminal: bool, expected: bool) -> None:
        assert uses_color(environment, terminal=terminal) is expected

    def test_without_it_nothing_but_the_text_is_printed(self) -> None:
        reporter = terminal()
        reporter.line("a", "bold")
        reporter.command("cargo fmt")
        reporter.success("good")
        reporter.warning("look")
        reporter.failure(FAILURE)
        assert printed(reporter) == (
            "a\n+ cargo fmt\ngood\nwarning: look\nerror: It broke:\n100 %\n  next: Mend it.\n"
        )

    def test_with_it_the_line_is_wrapped(self) -> None:
        reporter = terminal(color=True)
        reporter.success("good")
        assert printed(reporter) == "\x1b[32mgood\x1b[0m\n"

    def test_a_table_obeys_too(self) -> None:
        plain, coloured = terminal(), terminal(color=True)
        for reporter in (plain, coloured):
            reporter.table(Table(columns=("a",), rows=(("\x1b[31mred\x1b[0m",),)))
        assert "\x1b" not in printed(plain)
        assert "red" in printed(plain)
        assert "\x1b[31mred" in printed(coloured)


class TestTerminal:
    def test_a_table_keeps_long_cells_whole_in_a_log(self) -> None:
        reporter = terminal()
        reporter.table(Table(columns=("a", "b"), rows=(("x" * 150, "y"),)))
        assert "x" * 150 in printed(reporter)

    def test_cells_are_text_not_markup(self) -> None:
        reporter = terminal()
        reporter.table(Table(columns=("a",), rows=(("[red]x[/red]",),)))
        assert "[red]x[/red]" in printed(reporter)

    @pytest.mark.parametrize(("encoding", "rule"), [("ascii", "---"), ("utf-8", "\u2500")])
    def test_the_lines_of_a_table_are_letters_that_the_screen_has(
        self, encoding: str, rule: str
    ) -> None:
        content = io.BytesIO()
        stream = io.TextIOWrapper(content, encoding=encoding)
        TerminalReporter(stream, color=False).table(Table(columns=("a",), rows=(("x" * 9,),)))
        text = content.getvalue().decode(encoding)
        assert rule in text
        assert "\\u" not in text

    def test_nothing_of_github_appears(self) -> None:
        reporter = terminal()
        with reporter.group("Title"), reporter.foreign_output(), reporter.running("cargo doc"):
            reporter.annotation("error", "x", file="src/lib.rs", line=1)
            reporter.summary("# Page")
        assert printed(reporter) == "Title\n+ cargo doc\n"


class TestGitHub:
    def test_a_group_is_closed_also_when_its_block_fails(self) -> None:
        reporter = github()
        with pytest.raises(KeyError), reporter.group("50 %\nmore"):
            raise KeyError
        assert printed(reporter) == "::group::50 %25%0Amore\n::endgroup::\n"

    def test_an_error_is_annotated_its_next_step_is_a_line(self) -> None:
        reporter = github()
        reporter.failure(FAILURE)
        assert printed(reporter) == "::error::It broke:%0A100 %25\n  next: Mend it.\n"

    def test_an_annotation_has_its_place(self) -> None:
        reporter = github()
        reporter.annotation("warning", "a,b: c", file="a,b:c.rs", line=7)
        assert printed(reporter) == "::warning file=a%2Cb%3Ac.rs,line=7::a,b: c\n"

    def test_what_a_child_prints_is_no_command(self) -> None:
        reporter = github()
        with reporter.foreign_output():
            reporter.line("::set-output name=x::y")
        start, inner, empty, end = printed(reporter).splitlines()
        token = start.removeprefix("::stop-commands::")
        assert len(token) == 32
        assert (empty, end) == ("", f"::{token}::")
        assert inner == "\\::set-output name=x::y"

    @pytest.mark.parametrize("text", COMMANDS)
    def test_no_foreign_text_is_a_command(self, text: str, tmp_path: Path) -> None:
        reporter = github(str(tmp_path / "summary.md"))
        reporter.line(text)
        reporter.output(text, "red")
        reporter.success(text)
        reporter.command(text)
        reporter.warning(text)
        reporter.failure(TaskerCIError(text, next_step=text))
        reporter.table(Table(columns=("a", text), rows=((text, text),), title=text))
        with reporter.group(text):
            reporter.annotation("notice", text, file=text, line=1)
        with reporter.running(text):
            reporter.warning(text)
        found = [line for line in runner_lines(printed(reporter)) if is_command(line)]
        kinds = [re.split(r"[ :]", line.strip()[2:])[0] for line in found]
        tokens = [line.split("::")[2] for line in found if line.startswith("::stop-commands::")]
        allowed = {"warning", "error", "notice", "group", "endgroup", "stop-commands", *tokens}
        assert set(kinds) <= allowed
        assert len(tokens) == 1
        assert len(tokens[0]) == 32
        assert "##[" not in printed(reporter)

    def test_commands_are_obeyed_again_after_output_that_ends_within_a_line(self) -> None:
        reporter = github()
        with reporter.foreign_output() as token:
            reporter.stream.write("no end of the line")
        assert f"::{token}::" in printed(reporter).splitlines()

    def test_a_process_within_foreign_output_gives_commands_by_its_token(self) -> None:
        reporter = GitHubReporter(io.StringIO(), color=False, summary_file="", token="t" * 32)
        with reporter.running("x"):
            reporter.warning("stopped")
        reporter.warning("meant")
        text = f"::stop-commands::{'t' * 32}\n{printed(reporter)}::error::print"
        log = github_runner.read_log(text)
        assert (log.warnings, log.errors) == (["meant"], [])
        assert "warning: stopped" in log.lines

    def test_the_token_is_new_each_time(self) -> None:
        reporter = github()
        for _ in range(2):
            with reporter.foreign_output():
                pass
        tokens = [line for line in printed(reporter).splitlines() if "stop-commands" in line]
        assert len(set(tokens)) == 2

    def test_a_warning_is_readable_while_commands_are_stopped(self) -> None:
        reporter = github()
        with reporter.running("cargo clippy"):
            reporter.warning("cargo waits")
        reporter.warning("and again")
        lines = printed(reporter).splitlines()
        assert lines[0] == "::group::+ cargo clippy"
        assert lines[2] == "warning: cargo waits"
        assert lines[-2:] == ["::endgroup::", "::warning::and again"]

    def test_the_step_summary_grows(self, tmp_path: Path) -> None:
        page = tmp_path / "summary.md"
        reporter = github(str(page))
        reporter.summary("# One")
        reporter.summary("# Two")
        assert page.read_text(encoding="utf-8") == "# One\n# Two\n"

    def test_a_step_summary_that_cannot_be_written_is_a_warning(self, tmp_path: Path) -> None:
        reporter = github(str(tmp_path / "none" / "summary.md"))
        reporter.summary("# One")
        assert printed(reporter).startswith("::warning::The step summary ")
        assert "summary.md cannot be written: its folder does not exist." in printed(reporter)

    def test_without_a_page_there_is_no_summary(self) -> None:
        reporter = github()
        reporter.summary("# One")
        assert printed(reporter) == ""


class TestChoice:
    def test_a_plain_log(self, capsys: pytest.CaptureFixture[str]) -> None:
        reporter = make_reporter({})
        reporter.line("text", "bold")
        assert not reporter.color
        assert not reporter.interactive
        assert capsys.readouterr().out == "text\n"

    def test_github(self, capsys: pytest.CaptureFixture[str]) -> None:
        reporter = make_reporter({"GITHUB_ACTIONS": "true"})
        assert isinstance(reporter, GitHubReporter)
        assert reporter.color
        assert not make_reporter({"GITHUB_ACTIONS": "true", "NO_COLOR": "1"}).color

    def test_json_has_standard_output_for_itself(self, capsys: pytest.CaptureFixture[str]) -> None:
        reporter = make_reporter({}, as_json=True)
        reporter.line("text")
        reporter.table(TABLE)
        reporter.product("for a program")
        reporter.document({"a": 1, "path": "é"})
        out, err = capsys.readouterr()
        assert json.loads(out) == {"a": 1, "path": "é"}
        assert "text" in err
        assert "Results" in err

    def test_a_product_has_standard_output_for_itself(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        reporter = make_reporter({}, product=True)
        reporter.warning("look")
        reporter.product("A=1")
        assert capsys.readouterr() == ("A=1\n", "warning: look\n")

    def test_streams_that_are_closed_are_nowhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # The interpreter sets them to None for a process without the descriptors.
        monkeypatch.setattr("sys.stdout", None)
        reporter = make_reporter({})
        with reporter.stream:
            reporter.line("text")
            reporter.product("text")
            reporter.document({})
            assert reporter.stream.fileno() > 0


def test_a_markdown_table_escapes_what_would_break_it() -> None:
    assert to_markdown(TABLE) == (
        "### Results\n"
        "\n"
        "| session | result |\n"
        "| --- | --- |\n"
        "| fmt | passed |\n"
        "| unit | failed \\| \\`x\\` &lt;b&gt; &amp; \\\\ <br> again |\n"
    )
