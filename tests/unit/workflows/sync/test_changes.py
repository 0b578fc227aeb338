"""Planned files against the disk, and the diffs between them."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from tasker_ci.errors import AccessError, PlaceTaken
from tasker_ci.workflows.files import GeneratedFile, with_header
from tasker_ci.workflows.sync.changes import Change, FileState, FoundFile, compare, compare_in_place
from tasker_ci.workflows.sync.diffs import unified
from tasker_ci.workflows.sync.writing import write_file

CI = PurePosixPath(".github/workflows/ci.yml")
WRITTEN = with_header("name: CI\non: push\n")


def planned(text: str = WRITTEN, path: PurePosixPath = CI) -> GeneratedFile:
    return GeneratedFile(path=path, text=text)


def put(root: Path, content: bytes | str, path: PurePosixPath = CI) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def the_change(root: Path, *files: GeneratedFile) -> Change:
    (change,) = compare(root, files or (planned(),))
    return change


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (None, FileState.ABSENT),
        (WRITTEN, FileState.CURRENT),
        (with_header("name: old\n"), FileState.STALE),
        (with_header("name: old\n").replace("old", "new"), FileState.EDITED),
        ("name: theirs\n", FileState.FOREIGN),
        (b"\xff\xfe not text", FileState.FOREIGN),
        ("", FileState.FOREIGN),
        (WRITTEN.rstrip("\n"), FileState.EDITED),
        # A checkout with core.autocrlf changes nothing; a part of the lines is an editor's slip.
        (WRITTEN.replace("\n", "\r\n"), FileState.CURRENT),
        (WRITTEN.replace("\n", "\r\n", 1), FileState.STALE),
        (WRITTEN.replace("\n", "\r\n").replace("push", "mine"), FileState.EDITED),
        (with_header("name: old\n").replace("\n", "\r\n"), FileState.STALE),
        ("\ufeff" + WRITTEN, FileState.STALE),
    ],
)
def test_what_lies_there_is_told_apart(
    tmp_path: Path, content: bytes | str | None, state: FileState
) -> None:
    if content is not None:
        put(tmp_path, content)
    change = the_change(tmp_path)
    assert change.state is state
    assert change.makes_room is (state in {FileState.FOREIGN, FileState.EDITED})


def test_our_file_that_nothing_plans_any_more_is_left_over(tmp_path: Path) -> None:
    gone = PurePosixPath(".github/workflows/test-integration.yml")
    edited = PurePosixPath(".github/actions/setup-env/action.yml")
    put(tmp_path, WRITTEN, gone)
    put(tmp_path, WRITTEN + "# mine\n", edited)
    put(tmp_path, "name: theirs\n", PurePosixPath(".github/workflows/release.yml"))
    put(tmp_path, WRITTEN, PurePosixPath(".github/workflows/archived/ci.yml"))
    put(tmp_path, WRITTEN, PurePosixPath("docs/copy.yml"))
    changes = {change.path: change for change in compare(tmp_path, [])}
    assert set(changes) == {gone, edited}
    assert changes[gone].left_over
    assert not changes[gone].makes_room
    assert changes[edited].makes_room


def test_the_order_is_that_of_the_paths(tmp_path: Path) -> None:
    names = [PurePosixPath(f".github/{name}.yml") for name in ("c", "a", "b")]
    put(tmp_path, WRITTEN, names[2])
    found = compare(tmp_path, [planned(path=names[0]), planned(path=names[1])])
    assert [change.path.stem for change in found] == ["a", "b", "c"]


def test_every_place_that_is_no_file_is_named_at_once(tmp_path: Path) -> None:
    other = PurePosixPath(".github/dependabot.yml")
    (tmp_path / CI).mkdir(parents=True)
    os.mkfifo(tmp_path / other)
    with pytest.raises(PlaceTaken) as caught:
        compare(tmp_path, [planned(), planned(path=other)])
    assert f"{CI} cannot be written: what lies there is a folder." in caught.value.message
    assert f"{other} cannot be written: what lies there is no file." in caught.value.message


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("a file\n", encoding="utf-8")
    with pytest.raises(PlaceTaken, match="a part of its path is a file"):
        compare(tmp_path, [planned()])


@pytest.mark.parametrize("folder", ["outside", "project/.git"])
@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_written_through_a_folder_that_leads_out(
    tmp_path: Path, there: bool, folder: str
) -> None:
    outside, root = tmp_path / folder, tmp_path / "project"
    root.mkdir()
    if there:
        put(outside, WRITTEN, PurePosixPath("workflows/ci.yml"))
    (root / ".github").symlink_to(outside)
    with pytest.raises(PlaceTaken, match="outside the project"):
        compare(root, [planned()])


def test_a_circle_of_links_is_an_error_with_a_name(tmp_path: Path) -> None:
    (tmp_path / ".github").symlink_to(tmp_path / ".github")
    with pytest.raises(Exception, match=r"\.github/workflows/ci\.yml cannot be read"):
        compare(tmp_path, [planned()])


def test_a_folder_that_is_a_link_within_the_project_is_followed(tmp_path: Path) -> None:
    (tmp_path / "ci/workflows").mkdir(parents=True)
    (tmp_path / ".github").symlink_to("ci")
    put(tmp_path, WRITTEN)
    assert the_change(tmp_path).state is FileState.CURRENT
    assert [change.left_over for change in compare(tmp_path, [])] == [True]


def test_a_link_in_the_place_of_a_file_is_foreign_whatever_it_leads_to(tmp_path: Path) -> None:
    put(tmp_path, WRITTEN, PurePosixPath("elsewhere.yml"))
    (tmp_path / CI).parent.mkdir(parents=True)
    (tmp_path / CI).symlink_to("../../elsewhere.yml")
    change = the_change(tmp_path)
    assert change.state is FileState.FOREIGN
    assert unified(change)[2:] == ("# on the disk: a symbolic link to ../../elsewhere.yml",)


def test_a_file_of_the_projects_own_is_never_foreign(tmp_path: Path) -> None:
    path = PurePosixPath(".config/nextest.toml")
    assert compare_in_place(tmp_path, path, b"a = 1\n").state is FileState.ABSENT
    put(tmp_path, "# theirs\n", path)
    change = compare_in_place(tmp_path, path, b"a = 1\n")
    assert (change.state, change.makes_room) == (FileState.STALE, False)
    assert compare_in_place(tmp_path, path, b"# theirs\n").state is FileState.CURRENT


def test_a_diff_goes_from_the_disk_to_the_plan(tmp_path: Path) -> None:
    put(tmp_path, WRITTEN.replace("push", "pull_request"))
    assert unified(the_change(tmp_path)) == (
        "--- a/.github/workflows/ci.yml",
        "+++ b/.github/workflows/ci.yml",
        "@@ -1,4 +1,4 @@",
        f" {WRITTEN.splitlines()[0]}",
        f" {WRITTEN.splitlines()[1]}",
        " name: CI",
        "-on: pull_request",
        "+on: push",
    )


def test_there_is_no_diff_where_nothing_differs(tmp_path: Path) -> None:
    put(tmp_path, WRITTEN)
    assert unified(the_change(tmp_path)) == ()


def test_an_absent_file_and_a_left_over_one_have_diffs_too(tmp_path: Path) -> None:
    new = unified(the_change(tmp_path))
    assert new[0] == "--- /dev/null"
    assert new[3:] == tuple(f"+{line}" for line in WRITTEN.splitlines())
    put(tmp_path, WRITTEN)
    gone = unified(compare(tmp_path, [])[0])
    assert gone[1] == "+++ /dev/null"
    assert gone[3:] == tuple(f"-{line}" for line in WRITTEN.splitlines())


def test_a_file_of_ours_keeps_the_line_ends_of_its_checkout(tmp_path: Path) -> None:
    put(tmp_path, with_header("name: old\n").replace("\n", "\r\n"))
    change = the_change(tmp_path)

    assert change.after == WRITTEN.replace("\n", "\r\n").encode()
    assert not [line for line in unified(change) if "CRLF" in line]


@pytest.mark.parametrize("theirs", ["name: theirs\r\non: push\r\n", "# a\r\n"])
def test_what_a_foreign_file_ended_its_lines_with_does_not_count(
    tmp_path: Path, theirs: str
) -> None:
    put(tmp_path, theirs)

    assert the_change(tmp_path).after == WRITTEN.encode()


def test_differences_that_no_line_shows_are_named(tmp_path: Path) -> None:
    put(tmp_path, WRITTEN.replace("\n", "\r\n", 3))
    assert unified(the_change(tmp_path))[2:] == (
        "# line endings: 3 of 4 lines end in CRLF, none should",
    )
    put(tmp_path, WRITTEN.rstrip("\n"))
    assert unified(the_change(tmp_path))[-3:] == (
        "-on: push",
        "\\ No newline at end of file",
        "+on: push",
    )
    put(tmp_path, b"\xff\xfe")
    assert unified(the_change(tmp_path))[2:] == ("# on the disk: 2 bytes that are not UTF-8 text",)


def test_a_foreign_file_does_nothing_to_the_screen(tmp_path: Path) -> None:
    put(tmp_path, "a: \x1b[2J\rb: \u202eevil\n\tc\n")
    text = "\n".join(unified(the_change(tmp_path)))
    assert "-a: \\x1b[2J\\rb: \\u202eevil" in text
    assert "-\tc" in text


def test_a_file_too_long_for_a_diff_is_said_to_be(tmp_path: Path) -> None:
    put(tmp_path, "x\n" * 10_000)
    assert unified(the_change(tmp_path))[2:] == (
        "# 10000 lines on the disk, 4 planned: too long for a diff",
    )


def test_the_text_of_a_link_is_not_read() -> None:
    assert FoundFile(content=b"", mode=0o777, link="somewhere").text is None


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        (".config", "../outside"),
        (".config", ".git"),
        (".config/nextest.toml", "../../outside/nextest.toml"),
        (".config/nextest.toml", "../../outside/absent.toml"),
        (".config/nextest.toml", "../.git/config"),
    ],
)
def test_a_file_of_the_projects_own_is_written_through_no_link_that_leads_out(
    tmp_path: Path, link: str, leads: str
) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    for folder in (root / ".git", outside, (root / link).parent):
        folder.mkdir(parents=True, exist_ok=True)
    (outside / "nextest.toml").write_text("theirs", encoding="utf-8")
    (root / ".git/config").write_text("theirs", encoding="utf-8")
    (root / link).symlink_to(leads)
    path = PurePosixPath(".config/nextest.toml")
    with pytest.raises(PlaceTaken, match="would be written outside"):
        compare_in_place(root, path, b"ours")
    with pytest.raises(AccessError):
        write_file((root / path).resolve(strict=False), b"ours", within=root)
    assert [each.name for each in outside.iterdir()] == ["nextest.toml"]
    assert (outside / "nextest.toml").read_text(encoding="utf-8") == "theirs"
    assert (root / ".git/config").read_text(encoding="utf-8") == "theirs"
    assert sorted(each.name for each in (root / ".git").iterdir()) == ["config"]


def test_a_file_of_the_projects_own_is_written_through_a_link_within_it(tmp_path: Path) -> None:
    (tmp_path / "configuration").mkdir()
    (tmp_path / ".config").symlink_to("configuration")
    path = PurePosixPath(".config/nextest.toml")
    assert compare_in_place(tmp_path, path, b"ours").state is FileState.ABSENT
    write_file(tmp_path / path, b"ours", within=tmp_path)
    assert (tmp_path / "configuration/nextest.toml").read_bytes() == b"ours"
    assert compare_in_place(tmp_path, path, b"ours").state is FileState.CURRENT
