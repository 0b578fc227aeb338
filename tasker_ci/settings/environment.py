"""The one table of variables: what every session, service, workflow and shell gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.keys import new_api_key, new_private_key, public_key_of
from tasker_ci.settings.output_variables import changes_output
from tasker_ci.text.masking import says_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.settings.load import LoadedSettings
    from tasker_ci.settings.model import Variable

STEPS = "steps"
"""Where a variable applies that changes how programs print: in a job's steps, in no session."""

MADE = "made for this run"
"""The source of a key that was not there before."""

PROCESS = "process environment"
"""The source of a value that was set before we came."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentRow:
    """One variable as it will be; ``value`` is None where it does not apply or is not made yet."""

    name: str
    value: str | None
    purpose: str
    secret: bool
    source: str
    applies: str

    @property
    def hidden(self) -> bool:
        """Whether its value is shown to nobody who does not ask for it."""
        return self.secret or says_secret(self.name)


@dataclass(frozen=True, kw_only=True)
class KeptStack:
    """What a stack runs with that was kept: its keys, and the URLs with its ports."""

    run: str
    values: Mapping[str, str]


def is_ci(environment: Mapping[str, str]) -> bool:
    """Whether the process runs in a CI job (``CI`` is set to something that is not false)."""
    return environment.get("CI", "").lower() not in {"", "0", "false"}


def is_github(environment: Mapping[str, str]) -> bool:
    """Whether the process runs in a GitHub Actions step."""
    return environment.get("GITHUB_ACTIONS", "").lower() == "true"


def resolve(
    loaded: LoadedSettings,
    environment: Mapping[str, str],
    *,
    with_secrets: bool,
    make_keys: bool,
    sccache: bool,
    kept: KeptStack | None = None,
    for_steps: bool = False,
) -> tuple[EnvironmentRow, ...]:
    """Return the rows of the table for a process with ``environment``.

    Without ``with_secrets`` secret rows are left out; without ``make_keys`` those that are absent
    get no value (to look at the table without making any). ``sccache`` says whether it answered.
    A variable that changes how programs print gets a value only ``for_steps``: the steps of a job
    on GitHub, which run no tests of ours.
    What ``environment`` has set wins, then what a ``kept`` stack runs with; a key counts as absent
    when it is empty.
    """
    return tuple(
        row
        for row in _rows(
            loaded,
            environment,
            make_keys=make_keys,
            sccache=sccache,
            kept=kept,
            for_steps=for_steps,
        )
        if with_secrets or not row.secret
    )


def values(rows: tuple[EnvironmentRow, ...]) -> dict[str, str]:
    """The rows that have a value, as an environment."""
    return {row.name: row.value for row in rows if row.value is not None}


def variables(loaded: LoadedSettings) -> dict[str, Variable]:
    """The variables of the settings without those that are dropped."""
    settings = loaded.settings.environment
    return {name: row for name, row in settings.variables.items() if name not in settings.drop}


def table_values(loaded: LoadedSettings) -> dict[str, str]:
    """The values that settings write down, of dropped variables too; keys have none."""
    table = loaded.settings.environment.variables
    return {name: row.value for name, row in table.items() if not row.generator}


def _rows(
    loaded: LoadedSettings,
    environment: Mapping[str, str],
    *,
    make_keys: bool,
    sccache: bool,
    kept: KeptStack | None,
    for_steps: bool,
) -> Iterator[EnvironmentRow]:
    table = variables(loaded)
    used = _usable(kept, table, environment)
    pair = _Pair(table, environment) if make_keys else None
    for name, variable in table.items():
        present = environment.get(name)
        in_steps_alone = changes_output(name)
        value: str | None
        if present is not None and not (variable.generator and not present):
            value, source = present, PROCESS
        elif kept is not None and name in used:
            value, source = used[name], f"kept stack {kept.run}"
        elif variable.generator:
            value, source = _made(variable, pair), MADE
        elif (for_steps or not in_steps_alone) and _applies(variable, environment, sccache=sccache):
            value, source = variable.value, _source(loaded, name)
        else:
            value, source = None, _source(loaded, name)
        yield EnvironmentRow(
            name=name,
            value=value,
            purpose=variable.purpose,
            secret=variable.secret,
            source=source,
            applies=STEPS if in_steps_alone else variable.applies,
        )


def _usable(
    kept: KeptStack | None, table: Mapping[str, Variable], environment: Mapping[str, str]
) -> Mapping[str, str]:
    """The values of a kept stack without its key pair where the process has a half of its own."""
    if kept is None:
        return {}
    pair = {name for name, row in table.items() if row.generator.startswith("rsa-")}
    own = any(environment.get(name) for name in pair)
    return {name: value for name, value in kept.values.items() if not (own and name in pair)}


def _applies(variable: Variable, environment: Mapping[str, str], *, sccache: bool) -> bool:
    return {
        "always": True,
        "ci": is_ci(environment),
        "github": is_github(environment),
        "sccache": sccache,
    }[variable.applies]


def _source(loaded: LoadedSettings, name: str) -> str:
    source = loaded.sources.get(("environment", "variables", name, "value"))
    return "settings" if source is None else str(source)


def _made(variable: Variable, pair: _Pair | None) -> str | None:
    if pair is None:
        return None
    if variable.generator == "api-key":
        return new_api_key()
    return pair.private if variable.generator == "rsa-private-key" else pair.public


class _Pair:
    """The run's key pair: a key that the process has is completed, never contradicted."""

    def __init__(self, table: Mapping[str, Variable], environment: Mapping[str, str]) -> None:
        generated = {row.generator: name for name, row in table.items() if row.generator}
        private_name = generated.get("rsa-private-key", "")
        given_private = environment.get(private_name, "")
        given_public = environment.get(generated.get("rsa-public-key", ""), "")
        self.private: str | None = None
        self.public: str | None = None
        if given_private:
            if not given_public:
                self.public = public_key_of(given_private, name=private_name)
        elif not given_public and generated.keys() & {"rsa-private-key", "rsa-public-key"}:
            self.private = new_private_key()
            self.public = public_key_of(self.private, name=private_name)
