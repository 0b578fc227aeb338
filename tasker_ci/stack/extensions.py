"""Which extensions the migrations create, and whether a public image has them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.text.file_reading import SOURCE_BYTES, read_text

if TYPE_CHECKING:
    from pathlib import Path

_CONTRIB = (
    "adminpack amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn "
    "earthdistance file_fdw fuzzystrmatch hstore insert_username intagg intarray isn lo ltree "
    "moddatetime pageinspect pg_buffercache pg_freespacemap pg_logicalinspect pg_prewarm "
    "pg_stat_statements pg_surgery pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks "
    "pgstattuple plpgsql postgres_fdw refint seg sslinfo tablefunc tcn tsm_system_rows "
    "tsm_system_time unaccent uuid-ossp xml2"
)
CONTRIB = frozenset(_CONTRIB.split())
"""What comes with PostgreSQL itself (https://www.postgresql.org/docs/current/contrib.html)."""

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_CREATE = re.compile(
    r'\bCREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"([^"]+)"|([A-Za-z_]\w*))', re.IGNORECASE
)


def created_extensions(folder: Path) -> frozenset[str]:
    """The names in every CREATE EXTENSION of the ``.sql`` files below ``folder``.

    Comments do not count. What undoes a migration (``.down.sql``) creates nothing anew.
    """
    names: set[str] = set()
    for file in sorted(folder.rglob("*.sql")):
        if not file.name.endswith(".down.sql"):
            text = _COMMENT.sub(" ", read_text(file, most=SOURCE_BYTES, errors="replace"))
            names |= {quoted or plain.lower() for quoted, plain in _CREATE.findall(text)}
    return frozenset(names)


def extensions_of(image: str) -> frozenset[str]:
    """The extensions that a public image is known to have: PostgreSQL's own, and PGMQ."""
    return CONTRIB | ({"pgmq"} if "pgmq" in image else frozenset())


def migrations_folder(migrate: tuple[str, ...], workspace: Path) -> Path:
    """Where the migration command finds its files: ``--source``, by default ``migrations``."""
    for position, word in enumerate(migrate):
        name, equals, value = word.partition("=")
        if name == "--source":
            return workspace / (value if equals else next(iter(migrate[position + 1 :]), ""))
    return workspace / "migrations"
