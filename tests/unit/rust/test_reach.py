"""Which files a target reaches; `tests/integration/test_inventory.py` asks rustc the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import rust_workspaces
import workspaces

from tasker_ci.rust.declarations import Level, Module
from tasker_ci.rust.reach import module_places, reach_of


@pytest.mark.parametrize(
    ("relative", "module", "expected"),
    [
        ("", Module(name="m", line=1), ["src/m.rs", "src/m/mod.rs"]),
        ("own", Module(name="m", line=1), ["src/own/m.rs", "src/own/m/mod.rs"]),
        ("own", Module(name="m", line=1, paths=("p.rs",), only_paths=True), ["src/p.rs"]),
        ("own", Module(name="m", line=1, paths=("../p.rs",), only_paths=True), ["p.rs"]),
        (
            "",
            Module(name="m", line=1, levels=(Level("a"), Level("b"))),
            ["src/a/b/m.rs", "src/a/b/m/mod.rs"],
        ),
        (
            "own",
            Module(name="m", line=1, levels=(Level("a"),), paths=("p.rs",), only_paths=True),
            ["src/own/a/p.rs"],
        ),
        (
            "own",
            Module(name="m", line=1, levels=(Level("a", "there"),)),
            ["src/there/m.rs", "src/there/m/mod.rs"],
        ),
        (
            "",
            Module(name="m", line=1, paths=("p.rs",)),
            ["src/p.rs", "src/m.rs", "src/m/mod.rs"],
        ),
    ],
)
def test_the_files_that_a_module_may_mean(
    relative: str, module: Module, expected: list[str]
) -> None:
    places = module_places(Path("/w/src/own.rs"), relative, module)
    assert [str(place.file.relative_to("/w")) for place in places] == expected


def test_every_way_from_file_to_file(tmp_path: Path) -> None:
    folder = workspaces.write_files(
        tmp_path / "one",
        {
            "src/lib.rs": 'mod a;\ninclude!("i.rs");\n#[cfg(x)]\nmod gone;\n'
            'const T: &str = include_str!("t.txt");\nconst U: &str = include_str!("u.txt");\n',
            "src/a.rs": '#[path = "elsewhere/b.rs"]\nmod b;\nmod own;\n',
            "src/a/own.rs": "",
            "src/elsewhere/b.rs": "mod beside;\n",
            "src/elsewhere/beside.rs": "",
            "src/i.rs": "mod of_i;\n",
            "src/of_i.rs": "",
            "src/t.txt": "",
            "src/orphan.rs": "",
        },
    )
    one = rust_workspaces.package(folder)
    reach = reach_of(rust_workspaces.workspace(tmp_path, one))
    names = {str(file.relative_to(folder / "src")) for file in reach.arrivals}
    assert names == {
        "lib.rs", "a.rs", "a/own.rs", "elsewhere/b.rs", "elsewhere/beside.rs", "i.rs", "of_i.rs",
    }  # fmt: skip
    assert reach.texts == {folder / "src" / "t.txt": [one]}
    wanted = {str(file.relative_to(folder / "src")) for file in reach.wanted}
    assert wanted == {"gone.rs", "gone/mod.rs", "u.txt"}


def test_the_conditions_of_the_way_are_kept_and_circles_end(tmp_path: Path) -> None:
    folder = workspaces.write_files(
        tmp_path / "one",
        {
            "src/lib.rs": "#[cfg(test)]\nmod a;\n",
            "src/a.rs": '#![cfg(unix)]\n#[path = "lib.rs"]\n#[cfg(x)]\nmod again;\n',
        },
    )
    reach = reach_of(rust_workspaces.workspace(tmp_path, rust_workspaces.package(folder)))
    ways = [
        [str(each) for each in arrival.conditions]
        for arrival in reach.arrivals[folder / "src" / "a.rs"]
    ]
    assert ["test", "unix"] in ways
    assert all(arrival.in_product is False for arrival in reach.arrivals[folder / "src" / "a.rs"])
    assert any(arrival.in_product for arrival in reach.arrivals[folder / "src" / "lib.rs"])


def test_a_module_that_a_macro_declares_lies_beside_its_caller(tmp_path: Path) -> None:
    folder = workspaces.write_files(
        tmp_path / "one",
        {
            "src/lib.rs": "#[macro_use]\nmod deep;\nroot!();\n",
            "src/deep/mod.rs": "#[macro_use]\nmod macros;\n",
            "src/deep/macros.rs": "macro_rules! root { () => { mod called; } }\n",
            "src/called.rs": "",
        },
    )
    reach = reach_of(rust_workspaces.workspace(tmp_path, rust_workspaces.package(folder)))
    assert folder / "src" / "called.rs" in reach.arrivals


def test_a_module_whose_name_a_macro_is_given_is_reached(tmp_path: Path) -> None:
    macro = (
        "macro_rules! other { ($n:ident) => { fn $n() {} } }\n"
        "macro_rules! parts { ($($n:ident),*) => { $(pub mod $n;)* } }\n"
    )
    folder = workspaces.write_files(
        tmp_path / "one",
        {
            "src/lib.rs": f"{macro}parts!(first, second);\nmod in_it {{ parts! {{ third }} }}\n"
            "other!(not_a_module);\n// parts!(in_a_comment);\n",
            **{
                f"src/{name}.rs": ""
                for name in ("first", "second", "in_it/third", "not_a_module", "in_a_comment")
            },
        },
    )
    reach = reach_of(rust_workspaces.workspace(tmp_path, rust_workspaces.package(folder)))
    reached = sorted(str(file.relative_to(folder / "src")) for file in reach.arrivals)
    assert reached == ["first.rs", "in_it/third.rs", "lib.rs", "second.rs"]


def test_a_path_holds_only_under_its_conditions(tmp_path: Path) -> None:
    text = '#[cfg_attr(feature = "x", path = "other.rs")]\nmod a;\n'
    folder = workspaces.write_files(
        tmp_path / "one", {"src/lib.rs": text, "src/a.rs": "", "src/other.rs": ""}
    )
    reach = reach_of(rust_workspaces.workspace(tmp_path, rust_workspaces.package(folder)))
    (plain,) = reach.arrivals[folder / "src" / "a.rs"]
    (other,) = reach.arrivals[folder / "src" / "other.rs"]
    assert plain.conditions == ()
    assert [str(each) for each in other.conditions] == ['feature = "x"']


def test_a_file_that_is_reached_by_a_link_is_reached(tmp_path: Path) -> None:
    folder = workspaces.write_files(
        tmp_path / "one", {"src/lib.rs": "mod a;\n", "shared/a/mod.rs": "mod b;\n"}
    )
    workspaces.write_files(folder, {"shared/a/b.rs": ""})
    (folder / "src" / "a").symlink_to("../shared/a")
    reach = reach_of(rust_workspaces.workspace(tmp_path, rust_workspaces.package(folder)))
    assert folder / "shared" / "a" / "b.rs" in reach.arrivals


def test_a_target_without_a_file_reaches_nothing(tmp_path: Path) -> None:
    one = rust_workspaces.package(tmp_path / "one")
    assert reach_of(rust_workspaces.workspace(tmp_path, one)).arrivals == {}


def test_what_is_no_regular_file_or_far_too_large_is_named_and_passed_over(tmp_path: Path) -> None:
    text = "mod pipe;\nmod zero;\nmod big;\nmod gone;\nmod good;\n"
    folder = workspaces.write_files(tmp_path / "one", {"src/lib.rs": text, "src/good.rs": ""})
    os.mkfifo(folder / "src/pipe.rs")
    (folder / "src/zero.rs").symlink_to("/dev/zero")
    with (folder / "src/big.rs").open("wb") as stream:
        stream.truncate(300 << 20)
    reach = reach_of(rust_workspaces.workspace(tmp_path, rust_workspaces.package(folder)))
    assert {file.name: reason for file, reason in reach.unfit.items()} == {
        "pipe.rs": "it is no regular file",
        "zero.rs": "it is no regular file",
        "big.rs": "it is larger than 64 MiB",
    }
    assert {file.name for file in reach.arrivals} == {"lib.rs", "good.rs"}
