"""Keys that were made by what is tested, written anew to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


def as_pkcs8(key: RSAPrivateKey) -> str:
    """The one text of a key in PKCS#8: PEM of no other form is equal to it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_as_spki(key: RSAPrivateKey) -> str:
    """The one text of its public half in SPKI."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
