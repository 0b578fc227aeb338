"""Which extensions migrations create, and whether the public image can have them."""

from __future__ import annotations

from pathlib import Path

import pytest
import workspaces

from tasker_ci.stack.extensions import created_extensions, extensions_of, migrations_folder

SAMPLE = Path(__file__).parents[3] / "examples" / "tasker" / "migrations"
PUBLIC = "ghcr.io/pgmq/pg17-pgmq:v1.5.1"


def test_names_are_read_in_every_spelling_and_comments_do_not_count(tmp_path: Path) -> None:
    workspaces.write_files(
        tmp_path,
        {
            "1_first.sql": 'CREATE EXTENSION pgmq;\ncreate extension if not exists "uuid-ossp";\n',
            "2_second.up.sql": "-- CREATE EXTENSION old;\n/* CREATE EXTENSION\nolder */\n"
            "DO $$ BEGIN CREATE EXTENSION\n  IF NOT EXISTS Pg_Partman CASCADE; END $$;\n",
            "2_second.down.sql": "CREATE EXTENSION undone;\n",
            "notes.md": "CREATE EXTENSION prose;\n",
        },
    )
    assert created_extensions(tmp_path) == {"pgmq", "uuid-ossp", "pg_partman"}


def test_the_sample_asks_for_nothing_that_the_public_image_lacks() -> None:
    assert created_extensions(SAMPLE) == {"pgmq"}
    assert created_extensions(SAMPLE) <= extensions_of(PUBLIC)


def test_the_public_image_has_what_comes_with_postgresql_and_pgmq_and_no_more() -> None:
    assert {"pgmq", "pgcrypto", "uuid-ossp"} <= extensions_of(PUBLIC)
    assert "pg_uuidv7" not in extensions_of(PUBLIC)
    assert "pgmq" not in extensions_of("postgres:17")


def test_without_a_folder_nothing_is_created(tmp_path: Path) -> None:
    assert created_extensions(tmp_path / "none") == frozenset()


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        (("sqlx", "migrate", "run", "--source", "db/steps"), "db/steps"),
        (("sqlx", "migrate", "run", "--source=db/steps"), "db/steps"),
        (("sqlx", "migrate", "run"), "migrations"),
        ((), "migrations"),
    ],
)
def test_the_folder_is_the_one_that_the_command_reads(
    command: tuple[str, ...], folder: str
) -> None:
    assert migrations_folder(command, Path("/w")) == Path("/w") / folder
