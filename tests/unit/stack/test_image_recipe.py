"""An image's tag changes with everything that could change the image, and with nothing else."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.stack.image_recipe import Recipe, context_files, declared

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = """\
ARG BASE=postgres:17
ARG RUST_VERSION=1
FROM rust:${RUST_VERSION}-bookworm AS build
RUN true
FROM --platform=linux/amd64 $BASE
ARG VERSION="1.13.0"
ARG SQL=https://example.org/v${VERSION}/x.sql
COPY --from=build /x /x
FROM build as last
"""

RECIPE = Recipe(dockerfile=DOCKERFILE, arguments={"A": "1"}, files={"Dockerfile": b"1", "x": b"2"})
IDS = {"postgres:17": "sha256:1"}


def test_the_bases_are_those_that_are_no_stage_with_their_arguments_filled_in() -> None:
    assert RECIPE.bases == ("rust:1-bookworm", "postgres:17")
    assert replace(RECIPE, arguments={"BASE": "mine:2"}).bases == ("rust:1-bookworm", "mine:2")


def test_declared_arguments_have_their_defaults_one_in_another() -> None:
    assert declared(DOCKERFILE) == {
        "BASE": "postgres:17",
        "RUST_VERSION": "1",
        "VERSION": "1.13.0",
        "SQL": "https://example.org/v1.13.0/x.sql",
    }


def test_scratch_is_no_image() -> None:
    assert Recipe(dockerfile="FROM scratch\n", arguments={}, files={}).bases == ()


def test_the_same_inputs_have_the_same_tag() -> None:
    other = Recipe(
        dockerfile=DOCKERFILE, arguments={"A": "1"}, files={"x": b"2", "Dockerfile": b"1"}
    )
    assert RECIPE.digest(IDS) == other.digest(IDS)


@pytest.mark.parametrize(
    "changed",
    [
        replace(RECIPE, arguments={"A": "2"}),
        replace(RECIPE, arguments={"A": "1", "B": ""}),
        replace(RECIPE, files={"Dockerfile": b"1", "x": b"3"}),
        replace(RECIPE, files={"Dockerfile": b"1", "y": b"2"}),
        replace(RECIPE, files={"Dockerfile": b"1"}),
    ],
)
def test_every_change_of_an_input_changes_the_tag(changed: Recipe) -> None:
    assert changed.digest(IDS) != RECIPE.digest(IDS)


def test_a_base_that_has_moved_changes_the_tag() -> None:
    assert RECIPE.digest({"postgres:17": "sha256:2"}) != RECIPE.digest(IDS)


def test_files_count_with_content_mode_and_path_not_with_their_time(tmp_path: Path) -> None:
    folder = workspaces.write_files(tmp_path, {"Dockerfile": "FROM x\n", "sub/run.sh": "true\n"})
    before = context_files(folder)
    assert sorted(before) == ["Dockerfile", "sub/run.sh"]
    os.utime(folder / "sub/run.sh", (1, 1))
    assert context_files(folder) == before
    (folder / "sub/run.sh").chmod(0o755)
    assert context_files(folder) != before


def test_a_link_counts_by_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    assert context_files(tmp_path) == {"link": b"link nowhere"}
