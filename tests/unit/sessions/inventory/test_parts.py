"""The parts of `inventory`; `tests/integration/test_inventory.py` has the whole."""

from __future__ import annotations

import json
import os
from itertools import product
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
import rust_workspaces
import workspaces

from tasker_ci.errors import ReportError
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.rust.data_files import ByEnd, Mention, has_expectation, in_data_folder, mentions
from tasker_ci.rust.files import Tree
from tasker_ci.rust.reach import reach_of
from tasker_ci.rust.sources import Sources
from tasker_ci.sessions.affected.reading import _holds
from tasker_ci.sessions.inventory.finding import InventoryFinding, Kind
from tasker_ci.sessions.inventory.listed import ListedTest, missing_tests, read_list
from tasker_ci.sessions.inventory.session import _allowed
from tasker_ci.sessions.inventory.settings import InventoryAllow
from tasker_ci.sessions.inventory.shards import missing_shards
from tasker_ci.sessions.inventory.strangers import Strangers

if TYPE_CHECKING:
    from collections.abc import Mapping


class TestShards:
    @staticmethod
    def unit(partition: str, **more: str) -> dict[str, str]:
        return {"session": "unit", "profile": "ci", "partition": partition, **more}

    def test_all_shards_are_a_whole_run(self) -> None:
        assert missing_shards([self.unit(f"slice:{number}/3") for number in (3, 1, 2)]) == ()
        assert missing_shards([self.unit("slice:1/3"), self.unit("")]) == (), "a whole run beside"
        assert missing_shards([{}]) == ()

    def test_a_shard_that_lacks_is_named_with_its_run(self) -> None:
        assert missing_shards([self.unit("hash:2/3")]) == ("hash:1/3 of unit", "hash:3/3 of unit")
        beta = [self.unit("slice:1/2", toolchain="beta")]
        stable = [self.unit(f"slice:{number}/2", toolchain="stable") for number in (1, 2)]
        assert missing_shards([*stable, *beta]) == ("slice:2/2 of unit (toolchain beta)",)

    def test_of_two_divisions_one_is_enough(self) -> None:
        halves = [self.unit("slice:1/2"), self.unit("slice:2/2")]
        assert missing_shards([*halves, self.unit("slice:1/8")]) == ()

    @pytest.mark.parametrize("partition", ["slice:1/999999999", "1/2", "slice:x/y", "slice:1/2 "])
    def test_what_is_no_shard_is_a_whole_run(self, partition: str) -> None:
        assert missing_shards([self.unit(partition)]) == ()


class TestData:
    @pytest.mark.parametrize(
        "path",
        ["tests/ui/a.rs", "tests/ui-toml/x/a.rs", "tests/trybuild/a.rs", "tests/compile-fail/a.rs",
         "tests/compile_fail/a.rs", "tests/run-pass/a.rs", "tests/fixtures/p/src/lib.rs",
         "testdata/a.rs", "test-data/a.rs", "fixtures/a/b.rs", "src/testdata/a.rs",
         "tests/snapshots/a.rs", "templates/a.rs"],
    )  # fmt: skip
    def test_folders_of_data(self, path: str) -> None:
        assert in_data_folder(PurePosixPath(path))

    @pytest.mark.parametrize(
        "path",
        ["tests/a.rs", "tests/cases/a.rs", "tests/unit/a.rs", "tests/ui.rs", "tests/quit/a.rs",
         "src/ui/mod.rs", "src/fixtures/a.rs", "src/templates/a.rs", "tests/building/a.rs"],
    )  # fmt: skip
    def test_folders_of_code(self, path: str) -> None:
        assert not in_data_folder(PurePosixPath(path))

    def test_what_the_compiler_has_to_say_lies_beside_it(self, tmp_path: Path) -> None:
        workspaces.write_files(tmp_path, {"a.rs": "", "a.stderr": "", "b.rs": ""})
        assert has_expectation(tmp_path / "a.rs")
        assert not has_expectation(tmp_path / "b.rs")

    @pytest.mark.parametrize(
        ("value", "meant"),
        [
            ("tests/shapes/*.rs", True), ("tests/shapes/a.rs", True), ("tests/shapes", True),
            ("/tests/shapes/a.rs", True), ("shapes/a.rs", True), ("tests/*/a.rs", True),
            ("tests", False), ("tests/shape", False), ("tests/shapes/b.rs", False),
            (".", False), ("src/shapes/a.rs", False), ("..", False), ("/", False),
        ],
    )  # fmt: skip
    def test_a_text_that_is_a_path_of_data(self, value: str, meant: bool) -> None:
        folder = Path("/w/p")
        mention = Mention(package=folder, source=folder / "tests/x.rs", line=1, value=value)
        assert mention.means(folder / "tests/shapes/a.rs") is meant

    @pytest.mark.parametrize(
        "text",
        [
            'fn f() { root().join("tests").join("shapes") }',
            'fn f() { root()\n        .join("tests")\n        .join( "shapes" ) }',
            'fn f() { root().join("tests/shapes").join("a.rs") }',
        ],
    )
    def test_a_path_that_is_joined_of_parts(self, tmp_path: Path, text: str) -> None:
        folder = workspaces.write_files(
            tmp_path / "p", {"src/lib.rs": text, "tests/shapes/a.rs": ""}
        )
        reach = reach_of(rust_workspaces.workspace(tmp_path, rust_workspaces.package(folder)))
        file = folder / "tests" / "shapes" / "a.rs"
        assert any(each.means(file) for each in mentions(reach, Sources()))

    def test_a_folder_of_sources_is_never_data(self) -> None:
        folder = Path("/w/p")
        mention = Mention(package=folder, source=folder / "build.rs", line=1, value="src/parts")
        assert not mention.means(folder / "src/parts/a.rs")

    def test_the_end_of_a_path_leaves_out_no_text_that_means_a_file(self) -> None:
        parts = ("tests", "shapes", "a.rs", "..", ".", "*", "p", "src", "")
        values = {"/".join(each) for count in (1, 2, 3) for each in product(parts, repeat=count)}
        folder = Path("/w/p")
        for name in ("tests/shapes/a.rs", "src/a.rs", "a.rs", "data/p/deep/a.rs", "../q/a.rs"):
            file = Path(os.path.normpath(folder / name))
            for value in values:
                mention = Mention(package=folder, source=folder / "tests/x.rs", line=1, value=value)
                held = mention.means(file) or _holds(Path("/w"), mention, file)
                found = ByEnd([mention])
                assert found.mean(file) is mention.means(file), (value, file)
                assert not held or [*found.around(file)] == [0], (value, file)

    def test_a_manifest_that_cargo_has_not_read_may_hold_anything(self, tmp_path: Path) -> None:
        workspace = rust_workspaces.workspace(tmp_path, rust_workspaces.package(tmp_path / "p"))
        manifests = {tmp_path / name: {"package": name} for name in ("text", "other")}
        tree = Tree(root=tmp_path, sources=(), manifests=manifests)
        strangers = Strangers(workspace, tree, Sources())
        assert strangers.folders == frozenset()
        assert [*strangers.findings({}, lambda _: False)] == []


def listing(**suites: Mapping[str, object]) -> str:
    return json.dumps({"rust-suites": suites})


MATCHES = {"ignored": False, "filter-match": {"status": "matches"}}
FILTERED = {"filter-match": {"status": "mismatch", "reason": "default-filter"}}
IGNORED = {"filter-match": {"status": "mismatch", "reason": "ignored"}}


class TestListed:
    def test_the_list_of_nextest(self) -> None:
        text = listing(
            a={"status": "listed", "testcases": {"x": MATCHES, "y": FILTERED, "z": IGNORED}},
            b={"status": "skipped-default-filter", "testcases": {}},
        )
        assert read_list(text) == (
            ListedTest(binary="a", name="x"),
            ListedTest(binary="a", name="y", left_out="default-filter"),
            ListedTest(binary="b", name="", left_out="skipped-default-filter"),
        )

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"rust-suites": {"a": []}}', "null"])
    def test_what_is_none(self, text: str) -> None:
        with pytest.raises(ReportError, match="no list of nextest"):
            read_list(text)

    def test_tests_without_a_result_are_missing_by_binary_and_reason(self, tmp_path: Path) -> None:
        it = rust_workspaces.target(tmp_path / "a" / "tests" / "it.rs", "test")
        one = rust_workspaces.package(tmp_path / "a", it)
        listed = [
            ListedTest(binary="a::it", name="ran"),
            ListedTest(binary="a::it", name="skipped"),
            ListedTest(binary="a::it", name="lost"),
            ListedTest(binary="a::it", name="lost_too"),
            ListedTest(binary="a::it", name="filtered", left_out="default-filter"),
            ListedTest(binary="b::others", name="not_ours"),
        ]
        run = TestRun(
            cases=(
                Case(suite="a::it", name="ran", status="failed"),
                Case(suite="a::it", name="skipped", status="skipped"),
                Case(suite="another", name="lost", status="passed"),
            )
        )
        workspace = rust_workspaces.workspace(tmp_path, one)
        found = [*missing_tests(listed, run, workspace, [(one, it)])]
        assert [(each.reason, each.names) for each in found] == [
            ("a::it: they were not run", ("lost", "lost_too")),
            ("a::it: nextest leaves them out (default-filter)", ("filtered",)),
        ]
        assert {each.file for each in found} == {"a/tests/it.rs"}


def test_an_allowed_finding_is_left_out_and_a_rule_without_one_is_named() -> None:
    found = [
        InventoryFinding(kind=Kind.FILE, file="fuzz/a/b.rs", reason="x"),
        InventoryFinding(kind=Kind.FILE, file="src/a.rs", reason="x"),
    ]
    rules = (
        InventoryAllow(path="fuzz/*", reason="elsewhere"),
        InventoryAllow(path="old/*", reason="gone"),
    )
    assert _allowed(found, rules) == ([found[1]], [rules[1]])
