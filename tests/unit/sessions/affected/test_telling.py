"""What is not looked at for some changed files could not have led to them."""

from __future__ import annotations

import random
from pathlib import PurePosixPath

import pytest
import rust_workspaces

from tasker_ci.rust.packed import pack_texts
from tasker_ci.rust.texts import read_texts
from tasker_ci.sessions.affected.reading import read_sources
from tasker_ci.sessions.affected.telling import telling_of

FILE = PurePosixPath("/w/a-b/data/x.json")


def packed(*literals: str) -> bytes:
    return pack_texts(read_texts("".join(f"f({each}); " for each in literals).encode())).encode()


@pytest.mark.parametrize(
    "literal",
    ['"data"', '"../data"', '"data/"', '"x.json"', '"{}/x.json"', '"{root}/data/{}.json"', '"json"',
     '"a-b/{name}"', '"{}data"', 'r"a\\b"', '"*.json"', '".."', '"../"', '"a/."', '"//"',
     '"CARGO_WORKSPACE_DIR"', '"tool"', '"two\\n/data"', '".json"'],
)  # fmt: skip
def test_a_text_that_may_lead_to_a_file_is_read(literal: str) -> None:
    telling = telling_of([FILE], {"tool"})
    assert telling.may_tell(packed('"nothing"', literal))
    assert not telling.may_tell(packed('"nothing"', '"of {}: {x}"', '"y.json"', '"a/b"'))
    assert not telling.may_tell(packed())


@pytest.mark.parametrize("name", ["a{b", "a}b", 'a"b', "a\\b"])
def test_a_name_that_json_writes_otherwise_has_all_texts_read(name: str) -> None:
    assert telling_of([PurePosixPath("/w") / name], ()).may_tell(packed('"nothing"'))
    assert telling_of([PurePosixPath("/w/gr\u00f6\u00dfe")], ()).may_tell(
        packed('"b/gr\u00f6\u00dfe"')
    )


PARTS = ("data", "x", "x.json", ".json", "json", "..", ".", "", "src", "tests", "deep", "{}",
         "{name}", "*", "*.json", "a-b", "md", "\\n", "\\\\", " ", "one", "git")  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_composed_texts_lead_to_the_same_files(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(seed)
    for _ in range(12):
        root = tmp_path_factory.mktemp("w")
        folder = root / "a-b"
        (folder / "src" / "deep").mkdir(parents=True)
        texts = (
            "".join(chance.choice((*PARTS, "/", "/")) for _ in range(chance.randrange(6)))
            for _ in range(chance.randrange(3))
        )
        module = "".join(f'f("{text}");' for text in texts)
        (folder / "src" / "lib.rs").write_text("mod deep;")
        (folder / "src" / "deep" / "mod.rs").write_text(f"fn g() {{ {module} }}")
        workspace = rust_workspaces.workspace(root, rust_workspaces.package(folder))
        files = [root / "data" / "x.json", folder / "tests" / "deep" / "a.md", root / "json" / "y"]
        every = read_sources(workspace)
        few = read_sources(workspace, changed=files)
        for file in files:
            for folders in (True, False):
                assert [*few.mentioning(file, folders=folders)] == [
                    *every.mentioning(file, folders=folders)
                ], module
        assert few.anything == every.anything
        assert few.programs == every.programs
