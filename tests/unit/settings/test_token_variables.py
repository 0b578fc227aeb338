"""Which variables are tokens, and what tests and services get."""

from __future__ import annotations

import pytest

from tasker_ci.settings.token_variables import (
    cargo_tokens,
    is_token,
    secret_values,
    service_variables,
    without_tokens,
)

TOKENS = [
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITLAB_PRIVATE_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_RESULTS_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "CARGO_REGISTRY_TOKEN",
    "CARGO_REGISTRIES_MY_TOKEN",
    "SSH_AUTH_SOCK",
    "PGPASSWORD",
    "DB_PASSWORD",
    "MYSQL_PWD",
    "SMTP_PASS",
    "API_KEY",
    "STRIPE_API_KEY_TEST",
    "OPENAI_APIKEY",
    "client_secret",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "NPM_CONFIG__AUTH",
    "npm_config_authToken",
    "GH_PAT",
    "SLACK_WEBHOOK_URL",
    "AZURE_STORAGE_CONNECTION_STRING",
    "DOCKER_AUTH_CONFIG",
    "JWT_PRIVATE_KEY",
    "GPG_PASSPHRASE",
    "SIGNING_KEY",
    "CODECOV_TOKEN",
    "SCCACHE_WEBDAV_TOKEN",
]
NONE = [
    "PATH",
    "HOME",
    "PWD",
    "OLDPWD",
    "LANG",
    "RUST_LOG",
    "DATABASE_URL",
    "TOKENIZERS_PARALLELISM",
    "JWT_PUBLIC_KEY",
    "TASKER_CI_AUDIT_KEY",
    "GIT_CONFIG_KEY_0",
    "KEYBOARD",
    "COMPASS",
    "SCCACHE_GHA_ENABLED",
    "GITHUB_REPOSITORY",
    "CARGO_TERM_COLOR",
    "AUTHOR",
    "GIT_AUTHOR_NAME",
    "XDG_RUNTIME_DIR",
    "CARGO_HOME",
    "PATIENCE",
    "PASSAGE",
]


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_is_known_by_its_name(name: str) -> None:
    assert is_token(name)


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_token(name: str) -> None:
    assert not is_token(name)


def test_tests_get_a_token_only_by_name() -> None:
    process = {"API_KEY": "1", "AWS_REGION": "2", "GITHUB_TOKEN": "3", "DEBUG": "4"}
    assert without_tokens(process, named={"API_KEY"}) == {"API_KEY": "1", "DEBUG": "4"}
    passed = without_tokens(process, named=(), passed=["AWS_*", "API_KEY"])
    assert passed == {"API_KEY": "1", "AWS_REGION": "2", "DEBUG": "4"}


@pytest.mark.parametrize(("value", "kept"), [("*", True), ("AUTHORIZATION: basic eA==", False)])
def test_git_s_configuration_goes_as_a_whole_if_it_holds_a_credential(
    value: str,
    kept: bool,
) -> None:
    git = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "x", "GIT_CONFIG_VALUE_0": value}
    assert without_tokens(git, named=()) == (git if kept else {})


def test_a_region_or_a_path_is_no_secret_to_hide() -> None:
    hidden = {"AWS_SECRET_ACCESS_KEY": "1", "AWS_SESSION_TOKEN": "2", "ACTIONS_RUNTIME_TOKEN": "3"}
    shown = {
        "AWS_PROFILE": "default",
        "AWS_REGION": "eu-west-1",
        "AWS_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt",
        "ACTIONS_STEP_DEBUG": "true",
        "DB_PASSWORD_FILE": "/run/secrets/db",
        "SSH_AUTH_SOCK": "/tmp/agent",
    }
    assert secret_values({**hidden, **shown}) == hidden
    assert without_tokens({**hidden, **shown}, named=()) == {}


def test_what_cargo_fetches_by() -> None:
    process = {"CARGO_REGISTRIES_MY_TOKEN": "1", "SSH_AUTH_SOCK": "2", "GITHUB_TOKEN": "3"}
    assert cargo_tokens(process) == {"CARGO_REGISTRIES_MY_TOKEN": "1", "SSH_AUTH_SOCK": "2"}


def test_a_service_gets_what_it_needs_and_no_more() -> None:
    process = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LC_ALL": "C",
        "https_proxy": "http://proxy",
        "EDITOR": "vi",
        "LOG_LEVEL": "info",
        "GITHUB_TOKEN": "x",
        "EXTRA": "1",
        "XDG_SESSION_TOKEN": "x",
    }
    run = {
        **process,
        "PATH": "/tools:/bin",
        "DATABASE_URL": "postgres://h:1/d",
        "RUSTC_WRAPPER": "sccache",
        "CARGO_INCREMENTAL": "0",
    }
    named = {"LOG_LEVEL", "DATABASE_URL", "RUSTC_WRAPPER"}
    got = service_variables(run, process, named=named, passed=["EX*"])
    assert got == {
        "PATH": "/tools:/bin",
        "HOME": "/home/me",
        "LC_ALL": "C",
        "https_proxy": "http://proxy",
        "LOG_LEVEL": "info",
        "DATABASE_URL": "postgres://h:1/d",
        "EXTRA": "1",
    }
