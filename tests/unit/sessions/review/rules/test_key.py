from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import findings, told

from tasker_ci.keys import new_api_key, new_private_key, public_key_of
from tasker_ci.sessions.review.committed_keys import KeyKind, keys_in
from tasker_ci.sessions.review.rules.key import RULE

if TYPE_CHECKING:
    from pathlib import Path

KEY = new_private_key()
ONE_LINE = "".join(KEY.split("\n"))
ESCAPED = KEY.replace("\n", "\\n")
AGE = "AGE-SECRET-KEY-1" + ("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" * 2)[:58]
"""The alphabet of such keys in its order, and no key."""
HEAD, *_, FOOT = KEY.splitlines()
"""The lines around the body of a key, which no file of ours spells out."""


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("config/server.pem", KEY),
        (
            ".github/workflows/old/ci.yml",
            f"      - run: echo 'KEY=\"{ONE_LINE}\"' >> $GITHUB_ENV\n",
        ),
        (".env", f'JWT_PRIVATE_KEY="{ESCAPED}"\n'),
        ("docs/setup.md", f"Use this:\n```\n{KEY}```\n"),
        ("k8s/secret.yml", "key: |\n" + "".join(f"  {line}\n" for line in KEY.splitlines())),
        ("secrets/age.txt", f"# public key\n{AGE}\n"),
        ("src/lib.rs", f'const KEY: &str = "{ESCAPED}";\n'),
    ],
)
def test_a_key(file: str, text: str, tmp_path: Path) -> None:
    found = findings(tmp_path, RULE, {file: text})
    assert [(str(each.severity), str(each.grade)) for each in found] == [("error", "certain")]
    assert str(found[0].place.file) == file
    assert KEY.split("\n")[1] not in repr(found)
    assert AGE not in repr(found)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tests/data/server.pem", KEY),
        ("certs/test.key", KEY),
        ("examples/tls/key.pem", KEY),
        ("src/lib.rs", f'#[cfg(test)]\nmod tests {{ const KEY: &str = "{ESCAPED}"; }}\n'),
        ("src/lib.rs", "".join(f"/// {line}\n" for line in KEY.splitlines())),
    ],
)
def test_a_key_of_tests_is_a_warning(file: str, text: str, tmp_path: Path) -> None:
    assert [each.split()[0] for each in told(tmp_path, RULE, {file: text})] == ["warning"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("config/public.pem", public_key_of(KEY, name="KEY")),
        ("README.md", f"{HEAD}\n...\n{FOOT}\n"),
        ("README.md", f"{HEAD}MIIE…{FOOT}\n".replace("PRIVATE", "RSA PRIVATE")),
        ("src/lib.rs", f'const HEAD: &str = "{HEAD}";\n'),
        ("a.pem", f"{HEAD}\n{'A' * 200}\n{FOOT}\n"),
        ("README.md", f"{AGE[:16]}XXXXXXXXX\n"),
        ("a.bin", KEY),
    ],
)
def test_what_is_no_key(file: str, text: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, {file: text}) == []


def test_one_finding_for_a_key_in_two_files(tmp_path: Path) -> None:
    found = findings(tmp_path, RULE, {"tests/a.pem": KEY, ".env": f"KEY='{ONE_LINE}'\n"})
    assert [str(each.place) for each in found] == [".env:1"]
    assert found[0].evidence == ("also in tests/a.pem:1",)


def test_a_key_that_only_tests_of_the_sources_name(tmp_path: Path) -> None:
    source = '#[cfg(test)]\nmod tests { const KEY: &str = include_str!("certs/key.pem"); }\n'
    files = {"src/certs/key.pem": KEY, "src/lib.rs": source}
    assert told(tmp_path, RULE, files) == ["warning src/certs/key.pem:1"]
    files["src/lib.rs"] = 'const KEY: &str = include_str!("certs/key.pem");\n'
    assert told(tmp_path, RULE, files) == ["error src/certs/key.pem:1"]


def test_the_value_of_a_secret_variable_is_a_suspicion(tmp_path: Path) -> None:
    value = new_api_key()
    assert told(tmp_path, RULE, {".env.template": f"API_KEY={value}\n"}) == [
        "warning? .env.template:1"
    ]
    for text in ("API_KEY=changeme\n", "API_KEY=${API_KEY}\n", f"COMMIT={value}\n"):
        assert told(tmp_path, RULE, {".env.template": text}) == []
    assert told(tmp_path, RULE, {"src/lib.rs": f"// API_KEY={value}\n"}) == []


def test_a_link_and_a_large_file_are_left_out(tmp_path: Path) -> None:
    from planted_ci import planted

    subject = planted(tmp_path, {"large.pem": KEY + "x" * (1 << 20), "link.pem": ""})
    (tmp_path / "outside.pem").write_text(KEY)
    (tmp_path / "link.pem").unlink()
    (tmp_path / "link.pem").symlink_to(tmp_path / "outside.pem")
    assert [*keys_in(subject.checkout)] == []


def test_an_encrypted_key_is_a_warning(tmp_path: Path) -> None:
    text = KEY.replace("PRIVATE", "ENCRYPTED PRIVATE")
    assert told(tmp_path, RULE, {"a.pem": text}) == ["warning a.pem:1"]
    assert KeyKind.ENCRYPTED.value.startswith("An encrypted")
