"""Test credentials that live as long as one run."""

from __future__ import annotations

import private_keys
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tasker_ci.errors import UsageError
from tasker_ci.keys import new_api_key, new_private_key, public_key_of


@pytest.fixture(scope="module")
def private_key() -> str:
    return new_private_key()


def test_a_private_key_is_pkcs8_with_real_newlines(private_key: str) -> None:
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert private_key == private_keys.as_pkcs8(key)


def test_its_public_half_is_spki(private_key: str) -> None:
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert public_key_of(private_key, name="KEY") == private_keys.public_as_spki(key)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda key: key.replace("\n", "\\n"), id="newlines as two characters"),
        pytest.param(lambda key: f'"{key}"', id="quotes around, which is fine for PEM"),
        pytest.param(lambda key: key[:200], id="cut off"),
        pytest.param(lambda _: "secret words", id="something else"),
        pytest.param(lambda _: "", id="nothing"),
    ],
)
def test_what_is_no_key_names_the_variable_and_shows_nothing(
    private_key: str, spoil: object
) -> None:
    assert callable(spoil)
    text = spoil(private_key)
    if text.startswith('"'):
        assert public_key_of(text, name="KEY") == public_key_of(private_key, name="KEY")
        return
    with pytest.raises(UsageError) as caught:
        public_key_of(text, name="KEY")
    assert caught.value.message.startswith("KEY is set, but is no private key")
    assert "Unset KEY" in caught.value.next_step
    assert not text or text not in caught.value.message + caught.value.next_step


def test_a_key_with_a_password_is_no_key_for_a_run(private_key: str) -> None:
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    ).decode()
    with pytest.raises(UsageError, match="KEY is set, but is no private key"):
        public_key_of(locked, name="KEY")


def test_an_api_key_is_long_and_new() -> None:
    assert len({new_api_key() for _ in range(10)}) == 10
    assert len(bytes.fromhex(new_api_key())) == 32
