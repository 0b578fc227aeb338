"""Where a project spells out a variable of the table again: what is found, and what is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.foreign.literal_syntax import Kind, kind_of
from tasker_ci.foreign.literals import Spelling, project_files, spelled_out, walked_files
from tasker_ci.process.interruption import Interruption
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.workflows.files import with_header

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Found = Callable[..., list[tuple[int, str]]]

NAMES = ("RUST_LOG", "DATABASE_URL", "API_KEY", "JWT_PRIVATE_KEY", "LOG_LEVEL")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """The lines and names found in one file."""

    def found(file: str, text: str, allowed: Sequence[str] = ()) -> list[tuple[int, str]]:
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        result = spelled_out(tmp_path, NAMES, allowed, [file]).found
        assert all(spelling.file == file for spelling in result)
        return [(spelling.line, spelling.name) for spelling in result]

    return found


COMPOSE = "docker/docker-compose.test.yml"
WORKFLOW = ".github/workflows/nightly.yml"

SPELLED = {
    "compose, a mapping": (COMPOSE, "    RUST_LOG: debug"),
    "compose, a number": (COMPOSE, "    RUST_LOG: 1"),
    "compose, quoted": (COMPOSE, '    "RUST_LOG" : "debug"'),
    "compose, a list": (COMPOSE, "      - RUST_LOG=debug"),
    "compose, a quoted list": (COMPOSE, '      - "RUST_LOG=debug,sqlx=warn"'),
    "compose, a list in one line": (COMPOSE, 'environment: ["A=1", "RUST_LOG=debug"]'),
    "compose, a mapping in one line": (COMPOSE, "environment: {A: 1, RUST_LOG: debug}"),
    "compose, a default": (COMPOSE, "    RUST_LOG: ${RUST_LOG:-debug}"),
    "compose, a default for another": (COMPOSE, "    command: run ${RUST_LOG-debug}"),
    "compose, another's default": (COMPOSE, "    RUST_LOG: ${LEVEL:-debug}"),
    "compose, a dollar that is none": (COMPOSE, "    RUST_LOG: a$$b"),
    "compose, an anchor": (COMPOSE, "    RUST_LOG: &level debug"),
    "a block": (COMPOSE, "    JWT_PRIVATE_KEY: |\n      -----BEGIN"),
    "a workflow": (WORKFLOW, "      RUST_LOG: debug"),
    "a step's command": (WORKFLOW, "      - run: RUST_LOG=debug cargo test"),
    "a step's script": (WORKFLOW, "          export RUST_LOG=debug"),
    "GITHUB_ENV": (WORKFLOW, '        - run: echo "RUST_LOG=debug" >> "$GITHUB_ENV"'),
    "GITHUB_ENV, more": (WORKFLOW, "  {\n    echo 'RUST_LOG=debug'\n  } >> $GITHUB_ENV"),
    "another CI": (".gitlab-ci.yml", "  RUST_LOG: debug"),
    "a composite action": (".github/actions/own/action.yml", "      RUST_LOG: debug"),
    "ENV": ("Dockerfile", "ENV RUST_LOG=debug"),
    "ENV of old": ("docker/db/Dockerfile", "ENV RUST_LOG debug"),
    "ENV, many": ("Dockerfile.test", 'ENV A=1 \\\n    # why\n    RUST_LOG="debug"'),
    "ARG": ("app.dockerfile", "ARG RUST_LOG=debug"),
    "RUN": ("Containerfile", "RUN RUST_LOG=debug cargo build"),
    "a shell": ("scripts/run.sh", "RUST_LOG=debug"),
    "export": ("scripts/run.sh", 'export A=1 RUST_LOG="debug"'),
    "export, quoted": ("scripts/run.sh", 'export "RUST_LOG=debug"'),
    "single quotes": ("scripts/run.sh", "RUST_LOG='$x'"),
    "for one command": ("scripts/run.sh", "cd x && RUST_LOG=debug cargo test"),
    "env": ("scripts/run.sh", "env A=1 RUST_LOG=debug cargo test"),
    "docker run": ("scripts/run.sh", "docker run -e RUST_LOG=debug -e 'A=1' x"),
    "docker run, quoted": ("scripts/run.sh", 'docker run -e "RUST_LOG=debug" x'),
    "docker run --env": ("scripts/run.sh", "docker run --env=RUST_LOG=debug x"),
    "a shell in a shell": ("scripts/run.sh", "bash -c 'RUST_LOG=debug cargo test'"),
    "a default in a shell": ("scripts/run.sh", ': "${RUST_LOG:=debug}"'),
    "a script without a suffix": ("bin/run", "#!/usr/bin/env bash\nRUST_LOG=debug"),
    "a here-document": ("scripts/run.sh", "cat >.env <<END\nRUST_LOG=debug\nEND"),
    "dotenv": (".env", "RUST_LOG=debug"),
    "dotenv, quoted": (".env.test", 'export RUST_LOG="debug" # why'),
    "direnv": (".envrc", "export RUST_LOG=debug"),
    "make": ("Makefile", "export RUST_LOG := debug"),
    "make, if unset": ("build/rules.mk", "RUST_LOG ?= debug"),
    "make, of a target": ("Makefile", "test: export RUST_LOG = debug"),
    "make, a recipe": ("Makefile", "\tRUST_LOG=debug cargo test"),
    "just": ("justfile", 'export RUST_LOG := "debug"'),
    "just, a default": ("justfile", "RUST_LOG := env('RUST_LOG', 'debug')"),
    "cargo": (".cargo/config.toml", '[env]\nRUST_LOG = "debug"'),
    "cargo, a table": (".cargo/config.toml", "[env]\nRUST_LOG = { value = 'x', force = true }"),
    "cargo, a section": ("app/.cargo/config", '[env.RUST_LOG]\nvalue = "debug"'),
    "cargo, dotted": (".cargo/config.toml", 'env.RUST_LOG = "debug"'),
}

NOT_SPELLED = {
    "passed through": (COMPOSE, "      RUST_LOG:"),
    "passed through, explained": (COMPOSE, "      RUST_LOG: # from outside"),
    "passed through, null": (COMPOSE, "      RUST_LOG: null"),
    "passed through in a list": (COMPOSE, "      - RUST_LOG"),
    "referred to": (COMPOSE, "      RUST_LOG: ${RUST_LOG}"),
    "referred to, required": (COMPOSE, "      DATABASE_URL: ${URL:?start it with tasker-ci}"),
    "a default that is empty": (COMPOSE, "      RUST_LOG: ${RUST_LOG:-}"),
    "a default from elsewhere": (COMPOSE, "      RUST_LOG: ${RUST_LOG:-$LEVEL}"),
    "made of references": (COMPOSE, "      DATABASE_URL: postgres://${U}:${P}@postgres/${D}"),
    "an alias": (COMPOSE, "      RUST_LOG: *level"),
    "a mapping": (WORKFLOW, "      API_KEY: {required: true}"),
    "a declaration": (WORKFLOW, "      API_KEY:\n        required: true"),
    "an expression": (WORKFLOW, "      API_KEY: ${{ secrets.API_KEY }}"),
    "a title": (WORKFLOW, "      - name: with RUST_LOG=debug"),
    "another's name": (COMPOSE, "      MY_RUST_LOG: debug\n      RUST_LOG_FILE: x"),
    "a comment": (COMPOSE, "      # RUST_LOG: debug"),
    "switched off": (COMPOSE, '      RUST_LOG: ""'),
    "ARG alone": ("Dockerfile", "ARG RUST_LOG"),
    "ENV from ARG": ("Dockerfile", "ENV RUST_LOG=${RUST_LOG} A=$RUST_LOG"),
    "itself": ("scripts/run.sh", 'RUST_LOG="$RUST_LOG" cargo test'),
    "a command's answer": ("scripts/run.sh", "export API_KEY=$(openssl rand -hex 32)"),
    "an old command's answer": ("scripts/run.sh", "API_KEY=`openssl rand -hex 32`"),
    "switched off in a shell": ("scripts/run.sh", "RUST_LOG= cargo test"),
    "compared": ("scripts/run.sh", '[[ $RUST_LOG == debug || "$RUST_LOG" = x ]]'),
    "said": ("scripts/run.sh", 'echo "set RUST_LOG=debug to see more"'),
    "said at its start": ("scripts/run.sh", 'echo "RUST_LOG=debug shows more"'),
    "said behind code": ("scripts/run.sh", "cargo test # or RUST_LOG=debug cargo test"),
    "a format": ("scripts/run.sh", "printf 'RUST_LOG=%s\\n' \"$x\" >> $GITHUB_ENV"),
    "with a default that is none": ("scripts/run.sh", 'x=${API_KEY:-""} y=${API_KEY:?none}'),
    "a dotenv reference": (".env", "RUST_LOG=$LEVEL\nAPI_KEY="),
    "a make reference": ("Makefile", "RUST_LOG := $(LEVEL)\n\tRUST_LOG=$$LEVEL cargo test"),
    "just from outside": ("justfile", "RUST_LOG := env('RUST_LOG')"),
    "another section": (".cargo/config.toml", '[other]\nRUST_LOG = "debug"\n[env]\nX = "1"'),
    "Rust": ("src/main.rs", 'const RUST_LOG: &str = "debug";'),
    "a document": ("README.md", "RUST_LOG=debug cargo test"),
    "not a script": ("bin/notes", "RUST_LOG=debug"),
    "what an image leaves out": ("Dockerfile.dockerignore", "RUST_LOG=debug"),
}


class TestWhatIsFound:
    @pytest.mark.parametrize(("file", "text"), SPELLED.values(), ids=SPELLED.keys())
    def test_a_literal(self, found: Found, file: str, text: str) -> None:
        names = {name for _, name in found(file, f"{text}\n")}
        assert len(names) == 1
        assert names <= {"RUST_LOG", "JWT_PRIVATE_KEY"}

    @pytest.mark.parametrize(("file", "text"), NOT_SPELLED.values(), ids=NOT_SPELLED.keys())
    def test_no_literal(self, found: Found, file: str, text: str) -> None:
        assert found(file, f"{text}\n") == []

    def test_each_line_has_its_number_and_its_names(self, found: Found) -> None:
        text = "# RUST_LOG=1\n\nexport RUST_LOG=1 LOG_LEVEL=2\nRUST_LOG=3 x ${RUST_LOG:-4}\n"
        assert found("run.sh", text) == [(3, "LOG_LEVEL"), (3, "RUST_LOG"), (4, "RUST_LOG")]

    def test_windows_lines_and_other_bytes_are_read_too(self, tmp_path: Path) -> None:
        (tmp_path / "run.sh").write_bytes(b"# caf\xe9\r\nRUST_LOG=debug\r\n")
        expected = (Spelling(file="run.sh", line=2, name="RUST_LOG"),)
        assert spelled_out(tmp_path, NAMES, [], ["run.sh"]).found == expected

    def test_the_kinds_of_files(self) -> None:
        assert kind_of("a/Dockerfile", b"") is Kind.DOCKERFILE
        assert kind_of("db.Dockerfile", b"") is Kind.DOCKERFILE
        assert kind_of("x/action.yaml", b"") is Kind.STEPS
        assert kind_of("x/config.toml", b"") is None
        assert kind_of("hooks/pre-push", b"#!/bin/sh -e") is Kind.SHELL
        assert kind_of("bin/tool", b"#!/usr/bin/env python3") is None


class TestWhatIsLeftOut:
    def test_files_that_sync_wrote_and_those_it_archived(self, found: Found) -> None:
        assert found(WORKFLOW, with_header("env:\n  RUST_LOG: debug\n")) == []
        assert found(".github/workflows/archived/ci.yml", "env:\n  RUST_LOG: debug\n") == []

    def test_large_files_binary_ones_links_and_what_is_gone(self, tmp_path: Path) -> None:
        line = b"RUST_LOG=debug\n"
        (tmp_path / "large.sh").write_bytes(line + b"#" * 1_000_000)
        (tmp_path / "binary.sh").write_bytes(line + b"\0")
        (tmp_path / "link.sh").symlink_to(tmp_path / "large.sh")
        (tmp_path / "folder.sh").mkdir()
        files = ["large.sh", "binary.sh", "link.sh", "folder.sh", "gone.sh"]
        assert spelled_out(tmp_path, NAMES, [], files).found == ()

    def test_a_table_without_names_finds_nothing(self, found: Found, tmp_path: Path) -> None:
        (tmp_path / "run.sh").write_text("=x\nRUST_LOG=debug\n", encoding="utf-8")
        assert spelled_out(tmp_path, [], [], ["run.sh"]).found == ()


class TestWhatIsAllowed:
    TEXT = "RUST_LOG=debug\nAPI_KEY=x\n"

    @pytest.mark.parametrize(
        ("entry", "left"),
        [
            ("scripts/run.sh", []),
            ("scripts/*", []),
            ("scripts/run.sh:RUST_LOG", [(2, "API_KEY")]),
            ("*.sh:API_*", [(1, "RUST_LOG")]),
            ("scripts/run.sh:*", []),
        ],
    )
    def test_a_place(self, found: Found, entry: str, left: list[tuple[int, str]]) -> None:
        assert found("scripts/run.sh", self.TEXT, [entry]) == left

    def test_an_entry_that_allows_nothing_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "run.sh").write_text(self.TEXT, encoding="utf-8")
        allowed = ["run.sh:RUST_LOG", "run.sh:LOG_LEVEL", "gone.sh"]
        result = spelled_out(tmp_path, NAMES, allowed, ["run.sh"])
        assert result.idle == ("run.sh:LOG_LEVEL", "gone.sh")
        assert [spelling.name for spelling in result.found] == ["API_KEY"]


class TestTheProjectsFiles:
    RUNNER = ProcessRunner(Interruption())

    def make(self, root: Path) -> None:
        for file in ("a.sh", "sub/ä b.sh", "target/made.sh", "ignored.sh", ".gitignore"):
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("ignored.sh\ntarget/\n", encoding="utf-8")

    def test_a_repository_is_asked_for_what_it_knows_or_would_add(self, tmp_path: Path) -> None:
        self.make(tmp_path / "project")
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
        subprocess.run(["git", "add", "project/a.sh"], cwd=tmp_path, check=True)
        files = project_files(tmp_path / "project", self.RUNNER, os.environ)
        assert files == (".gitignore", "a.sh", "sub/ä b.sh")

    @pytest.mark.parametrize("path", [os.environ["PATH"], "/nonexistent"], ids=["git", "no git"])
    def test_elsewhere_the_folder_is_walked(self, tmp_path: Path, path: str) -> None:
        self.make(tmp_path)
        environment = {"PATH": path, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
        files = project_files(tmp_path, self.RUNNER, environment)
        assert files == tuple(walked_files(tmp_path))
        assert files == (".gitignore", "a.sh", "ignored.sh", "sub/ä b.sh")
