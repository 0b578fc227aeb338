"""The database's image: its name, when it is built, what stands in for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import generation
import pytest
from tool_parts import write_program

from tasker_ci.sessions.services.job import CHOOSE_SCRIPT, NAME_SCRIPT, TAG_SCRIPT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_image_is_named_by_its_content_and_the_commit_in_lower_case(tmp_path: Path) -> None:
    given = {"REGISTRY": "ghcr.io", "REPOSITORY": "Some/Thing", "CONTENT": "c0", "COMMIT": "d1"}

    assert generation.run_script(NAME_SCRIPT, tmp_path, given).output == (
        "content=ghcr.io/some/thing/database:c0\ncommit=ghcr.io/some/thing/database:sha-d1\n"
    )


def test_all_that_lies_beside_the_dockerfile_is_its_content(tmp_path: Path) -> None:
    job = generation.full(tmp_path)["build-docker-images.yml"]["jobs"]["database"]
    assert (
        generation.step_of(job, "Name by content")["env"]["CONTENT"]
        == "${{ hashFiles('docker/db/**') }}"
    )
    assert generation.step_of(job, "Build and push")["with"]["context"] == "docker/db"

    settings = generation.WITH_SERVICES + 'image-file = "Dockerfile"\n'
    documents = generation.workflows(tmp_path, settings, {"Dockerfile": "FROM scratch\n"})
    job = documents["build-docker-images.yml"]["jobs"]["database"]
    content = generation.step_of(job, "Name by content")["env"]["CONTENT"]
    assert content == "${{ hashFiles('**', '!.git/**') }}"
    assert generation.step_of(job, "Build and push")["with"]["context"] == "."


def test_it_is_built_only_if_it_is_not_there_and_can_be_pushed(tmp_path: Path) -> None:
    job = generation.full(tmp_path)["build-docker-images.yml"]["jobs"]["database"]

    for name in ("Builder", "Build and push"):
        step = generation.step_of(job, name)
        assert "steps.present.outputs.present == 'false'" in step["if"]
        assert "steps.sign-in.outcome == 'success'" in step["if"]
        assert step["continue-on-error"] is True
    assert generation.step_of(job, "Build and push")["with"]["cache-from"] == "type=gha"
    assert generation.step_of(job, "Sign in to the registry")["continue-on-error"] is True


def test_one_that_is_there_gets_the_name_of_the_commit_where_the_token_may(tmp_path: Path) -> None:
    job = generation.full(tmp_path)["build-docker-images.yml"]["jobs"]["database"]
    step = generation.step_of(job, "Name it by the commit too")

    assert "steps.present.outputs.present == 'true'" in step["if"]
    assert "steps.sign-in.outcome == 'success'" in step["if"]
    assert "github.event.pull_request.head.repo.full_name != github.repository" in step["if"]
    assert "github.event_name == 'pull_request' &&" in step["if"]  # a push has no such thing
    tags = generation.step_of(job, "Build and push")["with"]["tags"]
    assert tags == f"{step['env']['IMAGE']}\n{step['env']['COMMIT']}\n"


@pytest.mark.parametrize(
    ("failing", "asked", "warned"),
    [
        ((), ["buildx imagetools create --prefer-index=false --tag c i"], False),
        (
            ("buildx",),
            [
                "buildx imagetools create --prefer-index=false --tag c i",
                "pull i",
                "tag i c",
                "push c",
            ],
            False,
        ),
        (
            ("buildx", "push"),
            [
                "buildx imagetools create --prefer-index=false --tag c i",
                "pull i",
                "tag i c",
                "push c",
            ],
            True,
        ),
        (
            ("buildx", "pull"),
            ["buildx imagetools create --prefer-index=false --tag c i", "pull i"],
            True,
        ),
    ],
)
def test_how_it_gets_that_name(
    tmp_path: Path, failing: tuple[str, ...], asked: list[str], *, warned: bool
) -> None:
    # A stand-in for docker: no registry may be asked here.
    calls = tmp_path / "calls"
    write_program(
        tmp_path / "bin" / "docker",
        f'echo "$@" >>"{calls}"\ncase " {" ".join(failing)} " in *" $1 "*) exit 1 ;; esac',
    )
    variables = {"PATH": f"{tmp_path / 'bin'}:{os.defpath}", "IMAGE": "i", "COMMIT": "c"}

    ended = generation.run_script(TAG_SCRIPT, tmp_path, variables)

    assert ended.exit_code == 0
    assert calls.read_text(encoding="utf-8").splitlines() == asked
    assert ("::warning title=images::i did not get the name c too" in ended.text) == warned


DIGEST = "sha256:" + "0" * 64
OTHER = "sha256:" + "1" * 64


@pytest.mark.parametrize(
    ("present", "build", "fallback", "image", "warning"),
    [
        ("true", "skipped", "public", f"own@{OTHER}", ""),
        ("false", "success", "public", f"own@{DIGEST}", ""),
        ("false", "failure", "public", f"public@{OTHER}", "using public in its place"),
        ("false", "skipped", f"public@{DIGEST}", f"public@{DIGEST}", "in its place"),
        ("false", "failure", "", "", "each job builds its own"),
    ],
)
def test_which_image_is_chosen_and_jobs_get_it_by_its_digest(
    tmp_path: Path, present: str, build: str, fallback: str, image: str, warning: str
) -> None:
    write_program(tmp_path / "bin" / "docker", f'[ "$1" = buildx ] && echo {OTHER}')

    ended = choose(tmp_path, PRESENT=present, BUILD=build, FALLBACK=fallback)

    assert ended.output == f"image={image}\n"
    assert ("::warning" in ended.text) == bool(warning)
    assert warning in ended.text


def choose(tmp_path: Path, **given: str) -> generation.Ended:
    digest = DIGEST if given["BUILD"] == "success" else ""
    variables = {"IMAGE": "own", "LOGIN": "success", "DIGEST": digest, **given}
    path = f"{tmp_path / 'bin'}:{os.defpath}"
    return generation.run_script(CHOOSE_SCRIPT, tmp_path, {**variables, "PATH": path})


@pytest.mark.parametrize(
    ("docker", "image", "warned"),
    [
        (f'[ "$1" != buildx ] || exit 1; [ "$1" != image ] || echo r/own@{OTHER}', OTHER, False),
        ("exit 1", "", True),
        ('[ "$1" != image ] || echo nonsense', "", True),
    ],
    ids=["without buildx", "without a registry", "without a digest"],
)
def test_how_the_digest_is_found(tmp_path: Path, docker: str, image: str, *, warned: bool) -> None:
    write_program(tmp_path / "bin" / "docker", docker)

    ended = choose(tmp_path, PRESENT="true", BUILD="skipped", FALLBACK="")

    assert ended.exit_code == 0
    assert ended.output == (f"image=own@{image}\n" if image else "image=own\n")
    assert ("::warning title=images::own has no digest" in ended.text) == warned
