"""From changed paths to packages: what is certain is left out, what is not is everything."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import pytest
import rust_workspaces
import workspaces

from tasker_ci.sessions.affected.decision import Affected, Decision, all_affected
from tasker_ci.sessions.affected.reading import read_sources
from tasker_ci.sessions.affected.settings import AffectedRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILES = {
    "Cargo.toml": "[workspace]\n",
    "base/Cargo.toml": workspaces.manifest("base"),
    "base/src/lib.rs": "mod part;\n#[cfg(test)]\nmod tests;\n",
    "base/src/part.rs": "",
    "base/src/tests.rs": "",
    "base/tests/it.rs": "",
    "base/benches/speed.rs": "",
    "base/data/table.csv": "",
    "base/README.md": "",
    "user/Cargo.toml": workspaces.manifest("user"),
    "user/src/lib.rs": "",
    "above/Cargo.toml": workspaces.manifest("above"),
    "above/src/lib.rs": "",
    "helped/Cargo.toml": workspaces.manifest("helped"),
    "helped/src/lib.rs": "",
    "after/Cargo.toml": workspaces.manifest("after"),
    "after/src/lib.rs": "",
    "alone/Cargo.toml": workspaces.manifest("alone"),
    "alone/src/lib.rs": "",
    "alone/src/main.rs": "",
}


def decide(
    root: Path,
    *changed: str,
    files: Mapping[str, str] | None = None,
    rules: Sequence[AffectedRule] = (),
    old: Mapping[str, str] | None = None,
    at_root: bool = False,
    hidden_users: Mapping[str, frozenset[str]] | None = None,
    doctests: bool = False,
    top: Path | None = None,
) -> Affected:
    """`user` needs `base`, `above` needs `user`, the tests of `helped` need `base`."""
    workspaces.write_files(root, {**FILES, **(files or {})})
    base = rust_workspaces.package(
        root / "base",
        rust_workspaces.target(root / "base" / "src" / "lib.rs"),
        rust_workspaces.target(root / "base" / "tests" / "it.rs", "test"),
        rust_workspaces.target(root / "base" / "benches" / "speed.rs", "bench"),
        rust_workspaces.target(root / "base" / "src" / "bin" / "tool.rs", "bin"),
    )
    alone = rust_workspaces.package(
        root / "alone",
        rust_workspaces.target(root / "alone" / "src" / "lib.rs"),
        rust_workspaces.target(root / "alone" / "src" / "main.rs", "bin", "alone-tool"),
        rust_workspaces.target(root / "alone" / "tests" / "it.rs", "test"),
    )
    packages = [
        base,
        rust_workspaces.package(root / "user", needs={"base": "normal"}),
        rust_workspaces.package(root / "above", needs={"user": "build"}),
        rust_workspaces.package(root / "helped", needs={"base": "dev"}),
        rust_workspaces.package(root / "after", needs={"helped": "normal"}),
        alone,
    ]
    if at_root:
        packages.append(rust_workspaces.package(root, name="whole"))
    workspace = rust_workspaces.workspace(root, *packages)
    files = [(top or root) / path for path in changed]
    results = [
        Decision(
            workspace=workspace,
            top=top or root,
            rules=rules,
            reading=cache(partial(read_sources, workspace, doctests=doctests, changed=given)),
            old=(old or {}).get,
            hidden_users=hidden_users or {},
        ).decide(changed)
        for given in (None, files)
    ]
    assert results[0] == results[1], "what is not read could not matter"
    return results[0]


def names(result: Affected) -> set[str]:
    assert not result.everything, result.everything
    assert set(result.packages) | set(result.left_out) >= {"base", "user"}
    assert not set(result.packages) & set(result.left_out)
    return set(result.packages)


def test_a_source_affects_its_package_and_what_depends_on_it(tmp_path: Path) -> None:
    result = decide(tmp_path, "base/src/part.rs")
    assert names(result) == {"base", "user", "above", "helped"}
    assert result.packages == {
        "base": ["base/src/part.rs changed"],
        "user": ["depends on base"],
        "above": ["depends on user"],
        "helped": ["its tests depend on base"],
    }
    assert result.left_out == ("after", "alone"), "a need of tests is passed on to nobody"


def test_a_need_that_the_lock_file_alone_knows_counts_as_any(tmp_path: Path) -> None:
    result = decide(tmp_path, "alone/src/lib.rs", hidden_users={"alone": frozenset({"user"})})
    assert names(result) == {"alone", "user", "above"}
    assert result.packages["user"] == ["depends on alone, as Cargo.lock says"]


@pytest.mark.parametrize("path", ["base/tests/it.rs", "base/src/tests.rs", "base/benches/speed.rs"])
def test_what_is_in_no_product_concerns_its_package_alone(tmp_path: Path, path: str) -> None:
    assert names(decide(tmp_path, path)) == {"base"}


@pytest.mark.parametrize("path", ["base/README.md", "LICENSE", "docs/deep/page.md", ".gitignore"])
def test_documentation_concerns_nobody(tmp_path: Path, path: str) -> None:
    assert names(decide(tmp_path, path)) == set()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('read_dir("corpus")', "base/corpus/one.md"),
        ('read_dir("corpus")', "base/corpus/deep/one.md"),
        ('root().join("corpus").join("deep")', "base/corpus/deep/one.md"),
        ('walk(".", |file| file.extension() == Some("md"))', "base/corpus/one.md"),
        ('walk("../docs")', "docs/one.md"),
        ('walk("../docs/pages/")', "docs/pages/one.md"),
        ('Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs")', "docs/one.md"),
    ],
)
def test_documentation_in_a_folder_that_a_test_reads_is_data(
    tmp_path: Path, text: str, path: str
) -> None:
    files = {"base/tests/it.rs": f"#[test]\nfn t() {{ {text}; }}\n", path: ""}
    assert names(decide(tmp_path, path, files=files)) == {"base"}
    assert names(decide(tmp_path, "other/one.md", files=files)) == set()


@pytest.mark.parametrize(
    "text",
    [
        'format!("{}/../base/data/{}", env!("CARGO_MANIFEST_DIR"), name)',
        'format!("{root}/../base/data/{name}.csv")',
        'format!("../base/data/tab{}.csv", "le")',
        'format!("{}/../base/data/table.csv", root)',
    ],
)
def test_a_path_that_is_filled_in_is_known_by_its_folder(tmp_path: Path, text: str) -> None:
    files = {"alone/tests/it.rs": f"#[test]\nfn t() {{ read({text}); }}\n"}
    assert "alone" in names(decide(tmp_path, "base/data/table.csv", files=files))
    assert "alone" not in names(decide(tmp_path, "base/src/part.rs", files=files))


def test_the_package_at_the_root_reaches_into_the_others_by_a_word(tmp_path: Path) -> None:
    for text, expected in (('root().join("base").join("data")', True), ('join("bases")', False)):
        files = {"src/lib.rs": f"#[test]\nfn t() {{ {text}; }}\n"}
        result = decide(tmp_path, "base/data/table.csv", files=files, at_root=True)
        assert ("whole" in names(result)) is expected
        assert "whole" not in names(decide(tmp_path, "alone/src/lib.rs", files=files, at_root=True))


def test_documentation_outside_of_the_workspace_counts_as_within(tmp_path: Path) -> None:
    text = '#[test]\nfn t() { walk("../../docs"); }\n'
    workspaces.write_files(tmp_path, {"docs/one.md": "", "other/one.md": ""})
    for path, expected in (("docs/one.md", {"base"}), ("other/one.md", set())):
        files = {"base/tests/it.rs": text}
        result = decide(tmp_path / "rust", path, files=files, top=tmp_path)
        assert names(result) == expected


@pytest.mark.parametrize(
    "path",
    ["unknown.xyz", "docs/picture.svg", "Cargo.toml", "Cargo.lock", ".github/workflows/a.yml",
     "fuzz/src/lib.rs", "scripts/run.sh", "new/src/lib.rs", "base/build.rs"],
)  # fmt: skip
def test_what_is_not_known_concerns_everybody(tmp_path: Path, path: str) -> None:
    result = decide(tmp_path, "base/tests/it.rs", path)
    assert path in result.everything
    assert len(result.packages) == 6
    assert result.left_out == ()


def test_a_file_of_a_package_that_is_no_member_is_not_known(tmp_path: Path) -> None:
    result = decide(tmp_path, "base/inner/src/lib.rs", files={"base/inner/Cargo.toml": ""})
    assert "base/inner/src/lib.rs" in result.everything


def test_a_folder_that_git_names_is_a_submodule(tmp_path: Path) -> None:
    assert "submodule" in decide(tmp_path, "base/data").everything


@pytest.mark.parametrize("path", ["base/data/table.csv", "base/src/gone.rs", "base/tests/x/y.json"])
def test_other_files_of_a_package_and_deleted_ones_are_its_own(tmp_path: Path, path: str) -> None:
    assert names(decide(tmp_path, path)) == {"base", "user", "above", "helped"}


def test_what_lies_beside_the_package_at_the_root_may_be_anybody_s(tmp_path: Path) -> None:
    assert decide(tmp_path, "script.py", at_root=True).everything
    assert names(decide(tmp_path, "src/lib.rs", at_root=True)) == {"whole"}


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ('#[path = "../../base/src/part.rs"]\nmod shared;', "base/src/part.rs"),
        ('include!("../../base/shared.rs");', "base/shared.rs"),
        ('const T: &str = include_str!("../../base/README.md");', "base/README.md"),
        ('#![doc = include_str!("../../README.md")]', "README.md"),
        ('fn f() { open("../base/data/table.csv") }', "base/data/table.csv"),
        ('fn f() { walk("../base") }', "base/data/table.csv"),
        ('fn f() { walk(concat!(env!("CARGO_MANIFEST_DIR"), "/..")) }', "user/src/lib.rs"),
        ('fn f() { root().join("CHANGELOG.md") }', "CHANGELOG.md"),
        ('fn f() { top().join("base/data/table.csv") }', "base/data/table.csv"),
        ('fn f() { Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap() }', "user/src/lib.rs"),
        ('fn f() { walk(env!("CARGO_WORKSPACE_DIR")) }', "user/src/lib.rs"),
        ('fn f() { glob("docs/*.md") }', "alone/docs/a.md"),
        ('fn f() { Command::new("cargo") }', "user/src/lib.rs"),
        ('fn f() { run("git") }', "user/src/lib.rs"),
        ('fn f() { run("git") }', "README.md"),
    ],
)
def test_a_file_that_another_package_s_source_names_concerns_it(
    tmp_path: Path, source: str, path: str
) -> None:
    files = {"alone/src/lib.rs": source, path: FILES.get(path, "")}
    result = decide(tmp_path, path, files=files)
    assert "alone" in names(result)
    assert result.packages["alone"][0]


@pytest.mark.parametrize(
    "source",
    [
        '#[cfg(feature = "cargo")]\nfn f() {}',
        "// ../base and cargo\nfn f() {}",
        'fn f() { Path::new(env!("CARGO_MANIFEST_DIR")).join("tests") }',
        'fn f() { "a/b".split("/") }',
        'fn f() { s.ends_with("..") }',
        'fn f() { match a { ".." => 1 } }',
        'fn f() { print("see README.md") }',
    ],
)
def test_what_only_looks_like_it_does_not(tmp_path: Path, source: str) -> None:
    result = decide(tmp_path, "user/src/lib.rs", "README.md", files={"alone/src/lib.rs": source})
    assert "alone" not in names(result)


def test_a_program_of_another_member_is_depended_on(tmp_path: Path) -> None:
    files = {"above/src/lib.rs": 'fn f() { cargo_bin("alone-tool") }'}
    result = decide(tmp_path, "alone/src/main.rs", files=files)
    assert names(result) == {"alone", "above"}
    assert result.packages["above"] == ["lib.rs:1 names its program alone-tool of alone"]


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ('fn f() { CargoBuild::new().package("alone") }', True),
        ('fn f() { attribute.is_ident("alone") }', False),
    ],
)
def test_the_name_of_its_package_may_mean_its_program(
    tmp_path: Path, source: str, meant: bool
) -> None:
    files = {"above/src/lib.rs": source}
    result = decide(tmp_path, "alone/src/main.rs", files=files)
    assert ("above" in names(result)) is meant


def test_a_deleted_file_that_a_source_still_wants_concerns_it(tmp_path: Path) -> None:
    files = {"alone/src/lib.rs": '#[path = "../../base/src/gone.rs"]\nmod gone;'}
    assert "alone" in names(decide(tmp_path, "base/src/gone.rs", files=files))


def test_a_manifest_is_compared_with_what_it_was(tmp_path: Path) -> None:
    now = workspaces.manifest("alone")
    assert (
        names(decide(tmp_path, "alone/Cargo.toml", old={"alone/Cargo.toml": f"#\n{now}"})) == set()
    )
    older = now.replace("0.1.0", "0.0.9")
    assert names(decide(tmp_path, "alone/Cargo.toml", old={"alone/Cargo.toml": older})) == {"alone"}
    fewer = f"{now}[dependencies]\nx = '1'\n"
    assert decide(tmp_path, "alone/Cargo.toml", old={"alone/Cargo.toml": fewer}).everything
    assert decide(tmp_path, "alone/Cargo.toml").everything, "it was not there"


def test_what_the_code_in_documentation_names_counts_for_doctests(tmp_path: Path) -> None:
    reads = (
        '/// ```\n/// std::fs::read("../base/data/table.csv").unwrap();\n/// ```\npub fn f() {}\n'
    )
    files = {"alone/src/lib.rs": reads}
    rest = {"base", "user", "above", "helped"}
    assert names(decide(tmp_path, "base/data/table.csv", files=files)) == rest
    result = decide(tmp_path, "base/data/table.csv", files=files, doctests=True)
    assert names(result) == {*rest, "alone"}
    assert "lib.rs:2 names '../base/data/table.csv'" in result.packages["alone"][0]


def test_rules_of_the_settings_come_first(tmp_path: Path) -> None:
    rules = (
        AffectedRule(paths=("docs/*",), affects=(), reason="for people"),
        AffectedRule(paths=("scripts/*.sh",), affects=("alone",), reason="it runs them"),
        AffectedRule(paths=("*.md",), affects=("all",), reason="tested as a book"),
    )
    assert names(decide(tmp_path, "docs/a/b.svg", rules=rules)) == set()
    result = decide(tmp_path, "scripts/a/run.sh", rules=rules)
    assert result.packages == {"alone": ["scripts/a/run.sh changed: it runs them (affected.rules)"]}
    assert "tested as a book" in decide(tmp_path, "README.md", rules=rules).everything


def test_everything_is_every_package_with_the_reason(tmp_path: Path) -> None:
    workspace = rust_workspaces.workspace(tmp_path, rust_workspaces.package(tmp_path / "a"))
    result = all_affected(workspace, "git says nothing", ["x"])
    assert result.data() == {
        "everything": True,
        "reason": "git says nothing",
        "packages": [{"package": "a", "reasons": ["git says nothing"]}],
        "left_out": [],
        "changed": ["x"],
    }
