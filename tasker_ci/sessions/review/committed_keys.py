"""Private keys in the files of a repository; nothing of a key leaves this module."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import stat
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Place
from tasker_ci.text.file_reading import MEBIBYTE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.checkout import Checkout

_BEGIN = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ )*)PRIVATE KEY(?: BLOCK)?-----")
_END = b"-----END"
_AGE = re.compile(rb"\bAGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}\b")
_FILL = re.compile(rb"\\+[nr]|[\s\"'`,+;#*/!<>|]+")
"""What stands between the lines of a key in code, comments and shell."""

_HEADERS = re.compile(rb"^[A-Za-z0-9-]+:[^\n\\]*(?:\\n|\n)", re.MULTILINE)
_BODY = re.compile(rb"[A-Za-z0-9+/]{44,}={0,2}")
_LONGEST_BODY = 20_000
_FIRST_BYTES = 44
_DER, _OPENSSH, _PGP = b"\x30", b"openssh-key-v1", (b"\x94", b"\x95", b"\xc5")

_FIXTURES = re.compile(
    r"(?:^|/)(?:[^/]*tests?|[^/]*examples?|[^/]*fixtures?|testdata|test[-_]data|benche?s?|benchmarks"
    r"|demos?|samples?|mocks?|spec|snapshots|testing|integration|interop)(?:/|$)|test|fixture|example|sample|snakeoil|dummy"
    r"|localhost",
    re.IGNORECASE,
)
_MODULE_OF_TESTS = re.compile(rb"#\[cfg\((?:all\(|any\()?\s*test\b|#\[(?:[a-z_:]+::)?test\]")
_DOC_COMMENT = (b"///", b"//!")
_VALUE = re.compile(
    rb"\b([A-Z][A-Z0-9_]*(?:API_?KEY|SECRET(?:_KEY)?|TOKEN|PASSWORD|PRIVATE_KEY)|API_?KEY)"
    rb"\s*[=:]\s*[\"']?([A-Fa-f0-9]{32,}|[A-Za-z0-9+/_-]{40,}={0,2})(?![\w$({/.-])"
)
_ADDRESS = re.compile(rb"0x[0-9A-Fa-f]{40}")
"""Of a contract or an account of Ethereum, which is public."""

_FEWEST_DIGITS = 5
_CI_NAMES = re.compile(
    r"(?:^|/)\.env(?:$|\.)|(?:^|/)[\w.-]*\.env(?:$|\.)|compose[\w.-]*\.ya?ml$|^\.github/.*\.ya?ml$"
    r"|(?:^|/)Dockerfile"
)
_SKIPPED = frozenset(
    f".{each}"
    for each in [
        "png",
        "jpg",
        "jpeg",
        "gif",
        "webp",
        "ico",
        "svg",
        "woff",
        "woff2",
        "ttf",
        "otf",
        "eot",
        "pdf",
        "zip",
        "gz",
        "xz",
        "zst",
        "bz2",
        "tar",
        "jar",
        "wasm",
        "mp4",
        "mov",
        "webm",
        "mp3",
        "ogg",
        "parquet",
        "db",
        "sqlite",
        "so",
        "dylib",
        "dll",
        "exe",
        "bin",
        "lock",
        "snap",
    ]
)


_FLAGS = os.O_RDONLY
for _name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)


class KeyKind(Enum):
    """What was found."""

    PEM = "A private key"
    ENCRYPTED = "An encrypted private key"
    AGE = "An age secret key"
    VALUE = "A secret value"


@dataclass(frozen=True, kw_only=True)
class FoundKey:
    """Where a key stands."""

    kind: KeyKind
    place: Place
    fingerprint: bytes
    """The same for the same key."""
    fixture: bool
    """Whether it is one of tests or examples."""
    name: str = ""
    """The variable that has it."""


def keys_in(checkout: Checkout) -> Iterator[FoundKey]:
    """Every key in every file of at most one mebibyte."""
    found = [*_all(checkout)]
    files = {
        each.place.file for each in found if not each.fixture and each.place.file.suffix != ".rs"
    }
    tested = _only_tests_name(checkout, files) if files else set()
    for each in found:
        yield replace(each, fixture=True) if each.place.file in tested else each


def key_kind(name: str, value: str) -> KeyKind | None:
    """Which kind of key the value of a variable is; None for none."""
    file = PurePosixPath(".env")
    content = f"{name}={value}".encode()
    found = [*_pem(file, content), *_values(file, content)]
    return found[0].kind if found else None


def _only_tests_name(checkout: Checkout, files: set[PurePosixPath]) -> set[PurePosixPath]:
    """The files that sources name, and those only in tests."""
    names = {file.name.encode(): file for file in files if not file.name.startswith(".")}
    tested: dict[PurePosixPath, bool] = {}
    for source in checkout.files:
        if source.suffix != ".rs":
            continue
        content = _content(os.path.join(checkout.root, source)) or b""  # noqa: PTH118
        for name, file in names.items():
            at = content.find(name)
            while at >= 0:
                tested[file] = tested.get(file, True) and _is_fixture(source, content, at)
                at = content.find(name, at + 1)
    return {file for file, only in tested.items() if only}


def _all(checkout: Checkout) -> Iterator[FoundKey]:
    root = os.fspath(checkout.root)
    for file in checkout.in_order:
        if file.suffix.lower() in _SKIPPED:
            continue
        content = _content(os.path.join(root, file))  # noqa: PTH118 - for each of all files
        if content is None:
            continue
        if b"PRIVATE KEY" in content:
            yield from _pem(file, content)
        if b"AGE-SECRET-KEY-1" in content:
            for found in _AGE.finditer(content):
                yield _key(KeyKind.AGE, file, content, found.start(), found[0])
        if _CI_NAMES.search(str(file)):
            yield from _values(file, content)


def _content(path: str) -> bytes | None:
    """The bytes of a regular file of at most one mebibyte that is no link."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MEBIBYTE:
            return None
        return os.read(descriptor, MEBIBYTE)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _pem(file: PurePosixPath, content: bytes) -> Iterator[FoundKey]:
    for found in _BEGIN.finditer(content):
        rest = content[found.end() : found.end() + _LONGEST_BODY]
        inner = rest.partition(_END)[0]
        text = _HEADERS.sub(b"", inner.lstrip(b"\r\n").replace(b"\\n", b"\n"))
        body = _BODY.match(_FILL.sub(b"", text))
        if body is None:
            continue
        try:
            first = base64.b64decode(body[0][:_FIRST_BYTES])
        except (binascii.Error, ValueError):
            continue
        if first.startswith((_DER, _OPENSSH, *_PGP)) and len(set(body[0])) > _FEWEST_DIGITS * 2:
            sealed = b"ENCRYPTED" in found[1] or b"ENCRYPTED" in inner[:200]
            kind = KeyKind.ENCRYPTED if sealed else KeyKind.PEM
            yield _key(kind, file, content, found.start(), body[0])
        elif b"ENCRYPTED" in inner[:200]:
            yield _key(KeyKind.ENCRYPTED, file, content, found.start(), body[0])


def _values(file: PurePosixPath, content: bytes) -> Iterator[FoundKey]:
    for found in _VALUE.finditer(content):
        value = found[2]
        if _ADDRESS.fullmatch(value):
            continue
        digits = sum(byte in b"0123456789" for byte in value)
        letters = sum(chr(byte).isalpha() for byte in value)
        if digits >= _FEWEST_DIGITS and letters >= _FEWEST_DIGITS and len(set(value)) > digits // 8:
            yield _key(
                KeyKind.VALUE, file, content, found.start(), value, name=found[1].decode("ascii")
            )


def _key(
    kind: KeyKind, file: PurePosixPath, content: bytes, at: int, body: bytes, *, name: str = ""
) -> FoundKey:
    return FoundKey(
        kind=kind,
        place=Place(file, content.count(b"\n", 0, at) + 1),
        fingerprint=hashlib.sha256(body[:200]).digest(),
        fixture=kind is KeyKind.ENCRYPTED or _is_fixture(file, content, at),
        name=name,
    )


def _is_fixture(file: PurePosixPath, content: bytes, at: int) -> bool:
    if _FIXTURES.search(str(file)) and not str(file).startswith(".github/"):
        return True
    if file.suffix != ".rs":
        return False
    line = content[content.rfind(b"\n", 0, at) + 1 : at].lstrip()
    return line.startswith(_DOC_COMMENT) or bool(_MODULE_OF_TESTS.search(content, 0, at))
