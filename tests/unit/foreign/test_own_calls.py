from __future__ import annotations

from pathlib import Path, PurePosixPath

from foreign_commands import TextsOf
from rust_workspaces import package, target, workspace

from tasker_ci.foreign.own_calls import own_command, own_selections
from tasker_ci.foreign.selections.reading import Repository

ROOT = Path("/clone/rust")
A = package(ROOT / "a", target(ROOT / "a/src/lib.rs", name="a"))
REPOSITORY = Repository(
    texts=TextsOf({"rust/Cargo.toml": "[workspace]\n"}), workspaces=(workspace(ROOT, A),)
)


def test_a_command_of_ours_selects_like_one_of_a_job() -> None:
    words = ("cargo", "+beta", "test", "--workspace")
    command = own_command("unit", words, folder=PurePosixPath("rust"), variables={"A": "b"})
    (found,) = own_selections(command, REPOSITORY)
    assert found.packages == {"a"}
    assert (found.toolchain, found.invocation.environment) == ("beta", {"A": "b"})
    assert str(command.place) == "unit:1"


def test_another_program_selects_nothing() -> None:
    assert own_selections(own_command("unit", ("make", "test")), REPOSITORY) == ()
    assert own_selections(own_command("unit", ("cargo", "unheard-of")), REPOSITORY) == ()
