"""Private keys that were made by what is tested, written anew to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


def as_pkcs8(key: RSAPrivateKey) -> str:
    """The one text of a key in PKCS#8: PEM of no other form is equal to it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
