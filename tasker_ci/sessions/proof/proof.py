"""What a job has tested, and with what: the proof that it leaves for later runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.git_repository import Git
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.rust_programs import RustPrograms
from tasker_ci.version import __version__
from tasker_ci.workflows.checked import TOOLCHAIN

if TYPE_CHECKING:
    from tasker_ci.context import Context

VERSION = 1
"""Of the document; those of another are not read."""

_DIGEST = "@sha256:"
_MACHINE = ("RUNNER_OS", "RUNNER_ARCH", "ImageOS", "ImageVersion")
"""What a runner says of itself: with the image of GitHub's runners go linker and libraries."""


class Unknown(TaskerCIError):
    """Something that a proof has to name is not known here."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What has to be the same, so that a test ends in the same way; texts alone."""

    tree: str
    toolchain: str
    """Its name; empty for that of the workspace."""
    compiler: str
    """All that it says of itself."""
    image: str
    """That of the database, by its digest; empty where the job starts none."""
    machine: str
    version: str
    """Of tasker-ci."""


@dataclass(frozen=True, kw_only=True)
class JobProof:
    """What one green job leaves."""

    run: str
    attempt: str
    event: str
    conditions: Conditions

    def text(self) -> str:
        """The document."""
        return json.dumps({"proof": VERSION, **asdict(self)}, indent=1) + "\n"


def read_proof(text: str) -> JobProof:
    """The proof in a text. Raises `ValueError` for anything else."""
    document = json.loads(text)
    if not isinstance(document, dict) or document.pop("proof", None) != VERSION:
        raise ValueError("it is no proof of this version")
    conditions = _texts(document.pop("conditions", None), Conditions)
    rest = {field.name for field in fields(JobProof)} - {"conditions"}
    if set(document) != rest or not all(isinstance(each, str) for each in document.values()):
        raise ValueError("it has not the fields of a proof")
    name = conditions["toolchain"]
    if name and not TOOLCHAIN.fullmatch(name):  # it becomes a word of a command
        raise ValueError("it has a toolchain of no such name")
    return JobProof(**document, conditions=Conditions(**conditions))


def conditions_here(context: Context, *, image: str, toolchain: str | None = None) -> Conditions:
    """What holds on this machine, in this checkout.

    ``image`` is that of the database, or empty. ``toolchain`` is the one of the settings unless it
    is named; "" is that of the workspace. Raises `Unknown` where it cannot be told.
    """
    name = (context.settings.toolchain or "") if toolchain is None else toolchain
    return Conditions(
        tree=tree_here(context),
        toolchain=name,
        compiler=_compiler(context, name),
        image=by_digest(image),
        machine=" ".join(context.environment.get(each, "") for each in _MACHINE),
        version=__version__,
    )


def by_digest(image: str) -> str:
    """The image, if it has a digest or is none at all; raises `Unknown` for a mere name."""
    if image and _DIGEST not in image:
        raise Unknown(f"The image {image} has no digest.")
    return image


def tree_here(context: Context) -> str:
    """What git has checked out; raises `Unknown`."""
    git = Git(runner=context.runner, environment=context.environment, folder=context.project_root)
    tree = git.answer("rev-parse", "--verify", "--quiet", "HEAD^{tree}")
    if not tree:
        raise Unknown("Git does not say which tree this is.")
    return tree


def _compiler(context: Context, toolchain: str) -> str:
    programs = RustPrograms.of(context, child_environment(context), toolchain or None)
    answer = programs.ask("rustc", "-vV")
    text = answer.stdout.strip()
    if answer.exit_code or not text:
        raise Unknown("The compiler does not say which it is.")
    return text


def _texts(value: Any, model: type[Conditions]) -> dict[str, str]:
    names = {field.name for field in fields(model)}
    if not isinstance(value, dict) or set(value) != names:
        raise ValueError("it does not name all conditions")
    if not all(isinstance(each, str) for each in value.values()):
        raise ValueError("a condition is no text")
    return value
