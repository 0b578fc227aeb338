"""What Python writes for later steps is what the runner reads, whatever the values hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from github_runner import StepFailed, parse_environment, read_environment_file, read_log
from hypothesis import example, given
from hypothesis import strategies as st

from tasker_ci.errors import SettingsError
from tasker_ci.keys import new_api_key, new_private_key, public_key_of
from tasker_ci.settings.model import Variable
from tasker_ci.text.log_masks import add_mask, masks
from tasker_ci.workflows.github_environment import (
    append_assignments,
    check_table,
    github_assignment,
    new_delimiter,
)

if TYPE_CHECKING:
    from pathlib import Path

NASTY = (
    "\n",
    "\r",
    "<<",
    "=",
    "'",
    '"',
    "`",
    "$(id)",
    "${{ x }}",
    "%0A",
    "::",
    "é",
    "\u2028",
    "EOF",
)
VALUES = st.lists(
    st.one_of(
        st.sampled_from(NASTY), st.text(st.characters(codec="utf-8", exclude_characters="\0"))
    ),
    max_size=8,
).map("".join)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).map("V_".__add__)
TABLES = st.dictionaries(NAMES, VALUES, max_size=6)


class TestTheFile:
    @given(table=TABLES)
    def test_the_runner_reads_every_value_back(self, table: dict[str, str]) -> None:
        text = "".join(github_assignment(name, table[name], new_delimiter()) for name in table)
        assert parse_environment(text) == table

    @given(before=VALUES, after=VALUES)
    def test_a_value_with_the_delimiter_in_it_is_refused(self, before: str, after: str) -> None:
        with pytest.raises(SettingsError, match="delimiter"):
            github_assignment("NAME", f"{before}drawn{after}", "drawn")

    def test_why_it_is_refused(self) -> None:
        injected = "harmless\nEOF\nLD_PRELOAD=evil.so\nX<<EOF"
        read = parse_environment(f"NAME<<EOF\n{injected}\nEOF\n")
        assert read["LD_PRELOAD"] == "evil.so"

    def test_every_value_has_a_delimiter_of_its_own(self, tmp_path: Path) -> None:
        append_assignments(tmp_path / "env", {"A": "1", "B": "2"})
        lines = (tmp_path / "env").read_text(encoding="utf-8").splitlines()
        first, second = lines[0].partition("<<")[2], lines[3].partition("<<")[2]
        assert first != second
        assert first == lines[2]

    @given(earlier=st.sampled_from(["", "OLD=1\n", "OLD=1", "OLD<<E\n1\nE", "OLD<<E\n1\nE\n"]))
    def test_what_the_step_has_written_before_stays(
        self, tmp_path_factory: pytest.TempPathFactory, earlier: str
    ) -> None:
        file = tmp_path_factory.mktemp("step") / "env"
        file.write_bytes(earlier.encode())
        append_assignments(file, {"NEW": "a\r\nb\n"})
        old = {"OLD": "1"} if earlier else {}
        assert read_environment_file(file) == {**old, "NEW": "a\r\nb\n"}

    def test_one_bad_value_and_nothing_is_written(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="BAD: the value contains a NUL"):
            append_assignments(tmp_path / "env", {"GOOD": "1", "BAD": "\0"})
        assert not (tmp_path / "env").exists()


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "name", ["NODE_OPTIONS", "node_options", "GITHUB_ENV", "RUNNER_OS", "GitHub_x"]
    )
    def test_names_that_the_runner_keeps_for_itself(self, name: str) -> None:
        with pytest.raises(SettingsError, match=f"{name}: GitHub Actions lets no step set it"):
            check_table({name: Variable(value="x")})

    @pytest.mark.parametrize("name", ["", "A B", "A=B", "A<<B", "A\nB", "1A", "A-B", "$(id)", "Ä"])
    def test_names_that_are_none(self, name: str) -> None:
        with pytest.raises(SettingsError, match="is no name for a variable"):
            github_assignment(name, "x", "drawn")

    def test_text_that_is_no_text(self) -> None:
        with pytest.raises(SettingsError, match="A: the value is no text in UTF-8"):
            check_table({"A": Variable(value="\udcff")})

    def test_all_faults_in_one_message(self) -> None:
        with pytest.raises(SettingsError) as caught:
            check_table({"GITHUB_A": Variable(), "B": Variable(value="\0"), "C": Variable()})
        assert len(caught.value.message.splitlines()) == 3
        assert "environment.drop" in caught.value.next_step


class TestMasks:
    def test_a_key_is_hidden_wherever_it_is_printed(self) -> None:
        private = new_private_key()
        for secret in (private, public_key_of(private, name="KEY"), new_api_key()):
            log = read_log("\n".join(map(add_mask, masks(secret))))
            for form in (secret, secret.replace("\n", "\\n"), secret.replace("\n", "")):
                shown = log.shows(f"KEY: {form}!")
                body = [line for line in secret.splitlines() if not line.startswith("-----")]
                assert not any(line in shown for line in body)

    def test_other_text_stays_readable(self) -> None:
        private = new_private_key()
        log = read_log("\n".join(map(add_mask, masks(f"{private}short\n\n         "))))
        for text in (private.splitlines()[0], "a short line", "x         y"):
            assert log.shows(text) == text

    @given(value=VALUES)
    @example(value="\r<<000\r*")
    def test_every_longer_line_is_hidden(self, value: str) -> None:
        log = read_log("\n".join(map(add_mask, masks(value))))
        assert not log.lines[1:]
        assert not log.warnings
        for line in value.split("\n"):
            plain = line.removesuffix("\r")
            if len(plain) >= 8 and plain.strip() and not plain.startswith("-----"):
                assert log.shows(plain) == "***"


class TestTheModelOfTheRunner:
    """What the facts about the real one say."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("A=b=c\n", {"A": "b=c"}),
            (" A =b", {" A ": "b"}),
            ('A="b"\n\nB=\n', {"A": '"b"', "B": ""}),
            ("A=1\r\n", {"A": "1\r"}),
            ("A=x<<EOF\n", {"A": "x<<EOF"}),
            ("A<<E\nE\n", {"A": ""}),
            ("A<<E\n\nE\n", {"A": ""}),
            ("A<<E\n\n\nE\n", {"A": "\n"}),
            ("A<<E\nE \n E\nE", {"A": "E \n E"}),
            ("GITHUB_SHA=1\nA=2", {"A": "2"}),
        ],
    )
    def test_what_it_reads(self, text: str, expected: dict[str, str]) -> None:
        assert parse_environment(text) == expected

    @pytest.mark.parametrize(
        "text", ["A\n", "KEY=-----BEGIN\nMII\n", "A<<E\nx\n", "A<<E\nxE", "<<E\nE\n", "A<<\n\n"]
    )
    def test_what_fails_the_step(self, text: str) -> None:
        with pytest.raises(StepFailed):
            parse_environment(text)

    def test_commands_and_masks(self) -> None:
        log = read_log(
            "::add-mask::a%0Ab%250A\nsay a\n::stop-commands::t\n::error::no\n::t::\n ::error::yes"
        )
        assert log.masks == {"a\nb%0A", "a", "b%0A"}
        assert log.lines == ["s***y ***", "::error::no"]
        assert log.errors == ["yes"]
