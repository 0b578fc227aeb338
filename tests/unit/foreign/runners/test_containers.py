import pytest
from foreign_scripts import FilesInMemory, line, script

from tasker_ci.foreign.command import Commands
from tasker_ci.foreign.runners import (  # noqa: F401 - each is a part of what is tested here
    containers,
    dockerfiles,
    package_scripts,
)
from tasker_ci.foreign.runners.following import read_and_follow

DOCKERFILE = """\
FROM rust AS one
ARG FEATURES="--all"
# RUN cargo no
RUN --mount=type=cache,target=/x cargo a $FEATURES \\
    # a comment
    && cargo b
RUN ["cargo", "c", "d e"]
RUN <<EOF
cargo f
cargo g
EOF
FROM scratch
COPY . .
"""
PACKAGE = """\
{
  "name": "x",
  "scripts": {
    "pretest": "cargo pre",
    "test": "cargo test && jest",
    "build": "tsc",
    "postinstall": "cargo post"
  }
}
"""


def run(text: str, **files: str) -> Commands:
    more = {"Dockerfile": DOCKERFILE, "package.json": PACKAGE, "web/x.ts": "", "x.sh": "cargo x"}
    return read_and_follow(script(text), FilesInMemory({**more, **files}))


CASES = {
    "build": ("docker build .", ["cargo a --all", "cargo b", "cargo c d e", "cargo f", "cargo g"]),
    "buildx": (
        "docker buildx build -t a --file Dockerfile --push sub",
        ["cargo a --all", "cargo b", "cargo c d e", "cargo f", "cargo g"],
    ),
    "build of another": ("docker build https://x/y.git", []),
    "run": ("docker run --rm -e A=b -v $PWD:/app -w /app/sub image cargo test", ["cargo test"]),
    "run of a shell": ("docker run image sh -c 'cargo a; cargo b'", ["cargo a", "cargo b"]),
    "run of a script": ("docker run -v $PWD:/w image ./x.sh", ["cargo x"]),
    "run of an image": ("docker run -d --name x -p 1:1 image", []),
    "exec": ("docker exec -it x cargo test", ["cargo test"]),
    "compose": ("docker compose -f a.yml run --rm tests cargo test", ["cargo test"]),
    "compose, services": ("docker compose up -d", []),
    "login": ("docker login -u a", ["docker login -u a"]),
    "npm test": ("npm test", ["cargo pre", "cargo test", "jest"]),
    "npm run": ("npm run build -- --watch", ["tsc --watch"]),
    "npm ci": ("npm ci", ["cargo post"]),
    "yarn": ("yarn build", ["tsc"]),
    "pnpm of a folder": ("pnpm -C web run build", ["tsc"]),
    "no such script": ("yarn tsc", []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_runs_is_read(case: str) -> None:
    text, expected = CASES[case]
    found = run(text)
    assert [line(each) for each in found.commands] == expected
    assert found.opaque == ()


@pytest.mark.parametrize(
    "text", ["docker compose build", "npm run -w x test", "npm run $X", "docker build -f $(x) ."]
)
def test_what_cannot_be_read_is_opaque(text: str) -> None:
    assert run(f"X=$(x)\n{text}", Dockerfile="FROM x\nRUN cargo test\n").opaque


@pytest.mark.parametrize(
    ("lines", "folder"),
    [
        ("COPY . .", "."),
        ("WORKDIR /app\nCOPY . .", "."),
        ("WORKDIR /app\nCOPY . /app\nWORKDIR sub", "sub"),
        ("COPY sub /app\nWORKDIR /app", "sub"),
        ("COPY Cargo.toml Cargo.lock ./", "None"),
        ("COPY --from=other /x /", "None"),
        ("WORKDIR /other", "None"),
        ("COPY . /a\nWORKDIR /a\nFROM BASE AS c", "."),
    ],
)
def test_folders_of_an_image(lines: str, folder: str) -> None:
    text = f"FROM rust AS base\n{lines}\nRUN cargo a\n"
    (found,) = run("docker build .", Dockerfile=text).commands
    assert str(found.around.folder) == folder


def test_what_stands_around_in_a_container() -> None:
    found = run("docker run -e A=b -v $PWD:/app -w /app/sub image cargo test").commands[-1]
    assert (str(found.around.folder), dict(found.around.variables)) == ("sub", {"A": "b"})
    found = run("docker run image cargo test").commands[-1]
    assert found.around.folder is None
    found = run("docker build .").commands[0]
    assert (str(found.place), found.around.folder) == ("Dockerfile:4", None)
