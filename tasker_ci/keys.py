"""Test credentials that live as long as one run: an RSA pair and an API key."""

from __future__ import annotations

import secrets

from tasker_ci.errors import UsageError

RSA_BITS = 2048
API_KEY_BYTES = 32


def new_private_key() -> str:
    """Return a new RSA private key as PKCS#8 PEM with real newlines."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def public_key_of(private_key: str, *, name: str) -> str:
    """Return the public half of a PEM private key as SPKI PEM.

    Raises `UsageError`, which names the variable ``name`` and never shows the key, when
    ``private_key`` is no PEM key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        message = f"{name} is set, but is no private key in PEM form with real newlines."
        raise UsageError(message, next_step=f"Unset {name} and one is made for the run.") from error
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )


def new_api_key() -> str:
    """Return a new random API key (hexadecimal)."""
    return secrets.token_hex(API_KEY_BYTES)
