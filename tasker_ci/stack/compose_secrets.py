"""What the containers of a run were given that nobody may see, asked of Docker itself.

A compose file names variables that the table does not have, also with values of its own or from a
`.env` file, and who looks at a kept stack later has another environment than who started it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tasker_ci.settings.token_variables import secret_values
from tasker_ci.text.masking import Secrets, says_secret, without_passwords

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.stack.docker import Docker

_ENVIRONMENTS = "{{json .Config.Env}}"


def container_secrets(docker: Docker, known: Secrets, containers: Iterable[str]) -> Secrets:
    """What is ``known``, and the secrets of some containers; shielded from signals.

    Raises if there is no client or if it takes too long. A container that is gone adds nothing.
    """
    names = tuple(containers)
    if not names:
        return known
    answer = docker.run("container", "inspect", "--format", _ENVIRONMENTS, *names, shielded=True)
    values, others = dict(known.values), dict(known.others)
    for number, line in enumerate(answer.stdout.splitlines()):
        environment = dict(each.split("=", 1) for each in json.loads(line) or () if "=" in each)
        values |= {f"{number} {name}": value for name, value in _secrets(environment).items()}
        others |= {f"{number} {name}": value for name, value in environment.items()}
    return Secrets(values, others)


def _secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Its secret values: not one that is its user or database too, which every line may name."""
    tokens = secret_values(environment)
    named = {name: value for name, value in environment.items() if says_secret(name)} | tokens
    shown = "\n".join(
        without_passwords(value) for name, value in environment.items() if name not in named
    )
    return {name: value for name, value in named.items() if value and value not in shown}
