"""Files without a header: what `init` and `sync` wrote into them goes, and nothing else does."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from trees import tree

from tasker_ci.errors import AccessError, ArchiveUnreadable
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.workflows.files import GeneratedFile, with_header
from tasker_ci.workflows.nextest import MARK
from tasker_ci.workflows.sync.applying import apply
from tasker_ci.workflows.sync.changes import compare, compare_in_place
from tasker_ci.workflows.sync.edits import (
    ChangedSince,
    EditedText,
    edits_between,
    taken_out,
    undone,
)
from tasker_ci.workflows.sync.index import INDEX, read_index
from tasker_ci.workflows.sync.rolling_back import Way, plan_rollback, roll_back

NOXFILE = PurePosixPath("noxfile.py")
NEXTEST = PurePosixPath(".config/nextest.toml")
SETTINGS = PurePosixPath(SETTINGS_FILE)
CI = PurePosixPath(".github/workflows/ci.yml")
FILES = (GeneratedFile(path=CI, text=with_header("name: ours\n")),)

OURS_IN_NOXFILE = b"\nimport tasker_ci\n\ntasker_ci.register_sessions()\n"
THEIR_NEXTEST = (
    b"# ours\n[profile.default]\nretries = 3 # flaky\n\n[profile.ci]\nfail-fast = false\n"
    b'slow-timeout = "10s"\n\n[[profile.ci.overrides]]\nfilter = "test(a)"\nretries = 1\n'
)
SYNCED_NEXTEST = f"{MARK}\n\n".encode() + THEIR_NEXTEST.replace(
    b"retries = 3", b"retries = 2"
).replace(b"fail-fast = false\n", b'fail-fast = true\njunit.path = "junit.xml"\n')


def put(root: Path, path: PurePosixPath | str, content: bytes, mode: int = 0o644) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)


def write(root: Path, path: PurePosixPath, content: bytes) -> None:
    """Write a file as `init` and `sync` do."""
    apply(root, [compare_in_place(root, path, content)])


def rollback(root: Path) -> dict[str, tuple[Way, str | None]]:
    return {
        str(each.path): (each.way, each.reason) for each in roll_back(root, plan_rollback(root))
    }


def planned(root: Path) -> object:
    return plan_rollback(root)


class TestEdits:
    @given(st.binary(max_size=60), st.binary(max_size=60))
    def test_every_edit_can_be_undone_to_the_byte(self, before: bytes, after: bytes) -> None:
        # A file gets CRLF everywhere from us only where it had it.
        assume(EditedText.of(before).crlf or b"\n" not in before or not EditedText.of(after).crlf)
        assert undone(after, edits_between(before, after)) == before

    @given(st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"c\rd\n", b"last"])))
    def test_lines_that_repeat_are_no_trouble(self, lines: list[bytes]) -> None:
        before = b"".join(lines)
        for after in (before + b"x\n", b"x\n" + before, b"".join(lines[1:]), b"a\nx\na\n" + before):
            assert undone(after, edits_between(before, after)) == before

    def test_only_lines_that_were_replaced_are_stored(self) -> None:
        secret = b'TOKEN = "hunter2"\nimport nox\n'
        (edit,) = edits_between(secret, secret + OURS_IN_NOXFILE)
        assert (edit.before, edit.ours) == (b"", OURS_IN_NOXFILE)
        assert b"hunter2" not in repr(edit).encode()

    def test_another_file_is_not_touched(self) -> None:
        edits = edits_between(b"a\nb\n", b"a\nours\nb\n")
        with pytest.raises(ChangedSince):
            undone(b"a\nmine\nb\n", edits)

    @pytest.mark.parametrize(
        "changed",
        [
            SYNCED_NEXTEST + b"\n[profile.mine]\nretries = 7\n",
            SYNCED_NEXTEST.replace(b"test(a)", b"test(b)"),
            SYNCED_NEXTEST.replace(b"\n", b"\r\n").replace(b"test(a)", b"test(b)"),
        ],
    )
    def test_edits_come_out_of_a_file_that_was_changed_elsewhere(self, changed: bytes) -> None:
        edits = edits_between(THEIR_NEXTEST, SYNCED_NEXTEST)
        found = taken_out(changed, edits, NEXTEST)
        lines = changed.decode().splitlines(keepends=True)[2:]
        lines = [line for line in lines if "junit.path" not in line]
        expected = "".join(lines).replace("fail-fast = true", "fail-fast = false").encode()
        expected = expected.replace(b"retries = 2", b"retries = 3")
        assert found == expected

    @pytest.mark.parametrize(
        "changed",
        [
            SYNCED_NEXTEST.replace(b"retries = 2", b"retries = 5"),
            SYNCED_NEXTEST.replace(b'"junit.xml"\n', b'"junit.xml"\ntest-threads = 2\n'),
            SYNCED_NEXTEST.replace(b"[profile.ci]\n", b"[profile.ci]\nretries = 9\n"),
            SYNCED_NEXTEST * 2,
            b"",
        ],
    )
    def test_where_it_is_not_sure_nothing_is_taken_out(self, changed: bytes) -> None:
        with pytest.raises(ChangedSince):
            taken_out(changed, edits_between(THEIR_NEXTEST, SYNCED_NEXTEST), NEXTEST)

    def test_a_block_in_python_comes_out_wherever_it_stands(self) -> None:
        before = b"import nox\n"
        edits = edits_between(before, before + OURS_IN_NOXFILE)
        mine = b"\n\n@nox.session\ndef mine(session): ...\n"
        changed = b"import nox, os\n" + OURS_IN_NOXFILE + mine
        assert taken_out(changed, edits, NOXFILE) == b"import nox, os\n" + mine

    def test_a_last_line_without_an_end_does_not_run_into_the_next(self) -> None:
        before = b"import nox"
        edits = edits_between(before, before + b"\n" + OURS_IN_NOXFILE)
        changed = before + b"\n" + OURS_IN_NOXFILE + b"x = 1\n"
        with pytest.raises(ChangedSince):
            taken_out(changed, edits, NOXFILE)


BEFORE = [
    b"",
    b"import nox\n",
    b"import nox",
    b"import nox\r\n\r\nx = 1\r\n",
    b"import nox\r\nx = 1\r\nlast",
    b"\xef\xbb\xbfimport nox\n",
    b"# -*- coding: latin-1 -*-\nname = '\xfc'\n",
    b"x = '\xfc'",
    b"mixed\r\nends\nhere\r\n",
]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600])
def test_a_file_of_the_project_is_as_it_was_to_the_byte(
    tmp_path: Path, before: bytes, mode: int
) -> None:
    put(tmp_path, NOXFILE, before, mode)
    untouched = tree(tmp_path)
    newline = b"\r\n" if b"\r\n" in before else b"\n"
    after = before + newline + OURS_IN_NOXFILE.replace(b"\n", newline)
    write(tmp_path, NOXFILE, after)
    assert (tmp_path / NOXFILE).read_bytes() == after
    assert rollback(tmp_path) == {"noxfile.py": (Way.RESTORED, None)}
    assert tree(tmp_path) == untouched


def test_a_file_that_was_not_there_goes_with_its_folders(tmp_path: Path) -> None:
    write(tmp_path, SETTINGS, b"# settings\n")
    write(tmp_path, NOXFILE, b"import tasker_ci\n")
    apply(tmp_path, compare(tmp_path, FILES))
    assert set(rollback(tmp_path)) == {SETTINGS_FILE, "noxfile.py", str(CI)}
    assert tree(tmp_path) == {}
    assert rollback(tmp_path) == {}


def test_folders_that_were_there_stay_empty_or_not(tmp_path: Path) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".config").mkdir()
    before = tree(tmp_path)
    write(tmp_path, NEXTEST, b"a = 1\n")
    apply(tmp_path, compare(tmp_path, FILES))
    rollback(tmp_path)
    assert tree(tmp_path) == before


def test_where_nothing_is_recorded_no_folder_goes(tmp_path: Path) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    before = tree(tmp_path)
    assert rollback(tmp_path) == {}
    assert tree(tmp_path) == before


def test_several_writes_lead_back_to_the_first(tmp_path: Path) -> None:
    put(tmp_path, NEXTEST, THEIR_NEXTEST)
    before = tree(tmp_path)
    for content in (SYNCED_NEXTEST, SYNCED_NEXTEST + b"\n# more\n", b"# all new\n"):
        write(tmp_path, NEXTEST, content)
    index = read_index(tmp_path)
    assert index is not None
    assert len(index.in_place[NEXTEST].versions) == 1
    rollback(tmp_path)
    assert tree(tmp_path) == before


def test_what_was_edited_since_is_kept_and_the_rest_is_undone(tmp_path: Path) -> None:
    write(tmp_path, SETTINGS, b"# ours\n")
    write(tmp_path, NOXFILE, b"import tasker_ci\n")
    put(tmp_path, SETTINGS, b"# ours\nmine = 1\n")
    assert rollback(tmp_path) == {
        "noxfile.py": (Way.REMOVED, None),
        SETTINGS_FILE: (Way.KEPT, "it was edited since tasker-ci wrote it"),
    }
    assert (tmp_path / SETTINGS).read_bytes() == b"# ours\nmine = 1\n"
    assert set(tree(tmp_path)) == {".config", SETTINGS_FILE}  # the record is gone too
    assert rollback(tmp_path) == {}


def test_an_edit_is_not_forgotten_when_sync_writes_again(tmp_path: Path) -> None:
    write(tmp_path, SETTINGS, b"# ours\n")
    put(tmp_path, SETTINGS, b"# ours\nmine = 1\n")
    write(tmp_path, SETTINGS, b"# ours\nmine = 1\n[pins]\n")
    assert rollback(tmp_path)[SETTINGS_FILE][0] is Way.KEPT
    assert (tmp_path / SETTINGS).read_bytes() == b"# ours\nmine = 1\n[pins]\n"


def test_the_users_lines_stay_when_sync_writes_again(tmp_path: Path) -> None:
    put(tmp_path, NEXTEST, THEIR_NEXTEST)
    write(tmp_path, NEXTEST, SYNCED_NEXTEST)
    mine = b"\n[profile.mine]\nretries = 7\n"
    put(tmp_path, NEXTEST, SYNCED_NEXTEST + mine)
    write(tmp_path, NEXTEST, (SYNCED_NEXTEST + mine).replace(b"junit.xml", b"report.xml"))
    assert rollback(tmp_path) == {str(NEXTEST): (Way.RESTORED, None)}
    assert (tmp_path / NEXTEST).read_bytes() == THEIR_NEXTEST + mine


def test_what_the_user_took_back_himself_needs_nothing(tmp_path: Path) -> None:
    put(tmp_path, NEXTEST, THEIR_NEXTEST)
    write(tmp_path, NEXTEST, SYNCED_NEXTEST)
    write(tmp_path, NOXFILE, b"import tasker_ci\n")
    put(tmp_path, NEXTEST, THEIR_NEXTEST)
    (tmp_path / NOXFILE).unlink()
    assert rollback(tmp_path) == {}
    assert not (tmp_path / INDEX).exists()


@pytest.mark.parametrize("theirs", [THEIR_NEXTEST, THEIR_NEXTEST.replace(b"\n", b"\r\n")])
def test_a_clone_with_other_line_ends_is_rolled_back_in_its_own(
    tmp_path: Path, theirs: bytes
) -> None:
    crlf = b"\r\n" in theirs
    put(tmp_path, NEXTEST, theirs)
    write(tmp_path, NEXTEST, SYNCED_NEXTEST.replace(b"\n", b"\r\n") if crlf else SYNCED_NEXTEST)
    # As git checks it out elsewhere.
    put(tmp_path, NEXTEST, SYNCED_NEXTEST if crlf else SYNCED_NEXTEST.replace(b"\n", b"\r\n"))
    assert rollback(tmp_path)[str(NEXTEST)][0] is Way.RESTORED
    other = THEIR_NEXTEST if crlf else THEIR_NEXTEST.replace(b"\n", b"\r\n")
    assert (tmp_path / NEXTEST).read_bytes() == other


def test_a_generated_file_that_was_replaced_is_reported(tmp_path: Path) -> None:
    apply(tmp_path, compare(tmp_path, FILES))
    put(tmp_path, CI, b"name: mine\n")
    assert rollback(tmp_path) == {str(CI): (Way.KEPT, "another file lies in its place since")}
    assert (tmp_path / CI).read_bytes() == b"name: mine\n"


def test_a_file_that_an_older_version_wrote_without_a_record_is_reported(tmp_path: Path) -> None:
    put(tmp_path, CI, FILES[0].text.encode())
    put(tmp_path, NOXFILE, b"import tasker_ci\n\ntasker_ci.register_sessions()\n")
    put(tmp_path, "tasks.py", b"import invoke\n")
    put(tmp_path, SETTINGS, b"")
    put(tmp_path, INDEX, json.dumps({"archived": []}).encode())
    done = rollback(tmp_path)
    assert {path: way for path, (way, _) in done.items()} == {
        str(CI): Way.REMOVED,
        "noxfile.py": Way.KEPT,
        SETTINGS_FILE: Way.KEPT,
    }
    assert "no record" in done["noxfile.py"][1]
    assert not (tmp_path / ".github").exists()


def test_what_a_newer_version_wrote_is_not_guessed_at(tmp_path: Path) -> None:
    put(tmp_path, INDEX, json.dumps({"version": 3, "archived": []}).encode())
    with pytest.raises(ArchiveUnreadable, match="newer tasker-ci"):
        plan_rollback(tmp_path)
    with pytest.raises(ArchiveUnreadable, match="newer tasker-ci"):
        write(tmp_path, NOXFILE, b"import tasker_ci\n")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("in_place", [{"path": "Cargo.toml"}]),
        ("in_place", [{"path": "/etc/passwd"}]),
        ("in_place", [{"path": ".git/.config/nextest.toml"}]),
        ("in_place", [{"path": "../.config/nextest.toml"}]),
        ("in_place", 3),
        ("generated", ["src/lib.rs"]),
        ("generated", [".github/../src/lib.rs"]),
        ("folders", [".git/refs/tags"]),
        ("folders", ["/tmp"]),
        ("folders", ["src"]),
        ("folders", [None]),
        ("complete", "no"),
    ],
)
def test_a_record_that_leads_elsewhere_is_refused(tmp_path: Path, name: str, value: object) -> None:
    write(tmp_path, NOXFILE, b"import tasker_ci\n")
    document = json.loads((tmp_path / INDEX).read_bytes())
    row = document["in_place"][0]
    if name == "in_place" and isinstance(value, list):
        value = [{**row, **value[0]}]
    put(tmp_path, INDEX, json.dumps({**document, name: value}).encode())
    if name == "complete":
        index = read_index(tmp_path)
        assert index is not None
        assert not index.complete
        return
    with pytest.raises(ArchiveUnreadable):
        plan_rollback(tmp_path)


def test_a_project_of_an_older_version_gets_no_record_that_helps_nobody(tmp_path: Path) -> None:
    put(tmp_path, CI, with_header("name: old\n").encode())
    apply(tmp_path, compare(tmp_path, FILES))
    assert set(tree(tmp_path)) == {".github", ".github/workflows", str(CI)}
    assert rollback(tmp_path) == {str(CI): (Way.REMOVED, None)}
    assert tree(tmp_path) == {}

    put(tmp_path, CI, with_header("name: old\n").encode())
    write(tmp_path, NEXTEST, SYNCED_NEXTEST)
    assert (tmp_path / INDEX).is_file()
    apply(tmp_path, compare(tmp_path, FILES))
    rollback(tmp_path)
    assert tree(tmp_path) == {}


def test_a_link_out_of_the_project_is_not_written_through(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside.toml"
    put(root, NEXTEST, THEIR_NEXTEST)
    write(root, NEXTEST, SYNCED_NEXTEST)
    outside.write_bytes(SYNCED_NEXTEST)
    (root / NEXTEST).unlink()
    (root / NEXTEST).symlink_to(outside)
    way, reason = rollback(root)[str(NEXTEST)][:2]
    assert way is Way.KEPT
    assert "outside the project: it is a link" in reason
    assert outside.read_bytes() == SYNCED_NEXTEST


@pytest.mark.parametrize("folder", ["outside", "project/.git"])
def test_where_nothing_was_written_a_link_is_no_obstacle(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "project").mkdir(exist_ok=True)
    (tmp_path / "project" / ".github").symlink_to(tmp_path / folder)
    before = tree(tmp_path)
    assert rollback(tmp_path / "project") == {}
    assert tree(tmp_path) == before


def test_a_link_within_the_project_stays_one(tmp_path: Path) -> None:
    put(tmp_path, "real.toml", THEIR_NEXTEST, 0o600)
    (tmp_path / ".config").mkdir()
    (tmp_path / NEXTEST).symlink_to("../real.toml")
    before = tree(tmp_path)
    write(tmp_path, NEXTEST, SYNCED_NEXTEST)
    rollback(tmp_path)
    assert tree(tmp_path) == before


def test_a_write_that_fails_leaves_no_record_and_no_folder(tmp_path: Path) -> None:
    put(tmp_path, ".config", b"a file in the way of a folder")
    before = tree(tmp_path)
    change = compare_in_place(tmp_path / "other", NEXTEST, b"a = 1\n")
    with pytest.raises(AccessError):
        apply(tmp_path, [change, *compare(tmp_path, FILES)])
    assert tree(tmp_path) == before


def test_a_folder_in_the_way_stops_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, NOXFILE, b"import tasker_ci\n")
    write(tmp_path, SETTINGS, b"# ours\n")
    apply(tmp_path, compare(tmp_path, FILES))
    for path in (NOXFILE, CI):
        (tmp_path / path).unlink()
        (tmp_path / path).mkdir()
    done = rollback(tmp_path)
    assert done[SETTINGS_FILE] == (Way.REMOVED, None)
    assert {done[str(path)][0] for path in (NOXFILE, CI)} == {Way.KEPT}


def test_a_file_that_cannot_be_changed_stays_in_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, CI, b"theirs")
    before = tree(tmp_path)
    write(tmp_path, NOXFILE, b"import tasker_ci\n")
    write(tmp_path, SETTINGS, b"# ours\n")
    apply(tmp_path, compare(tmp_path, FILES))
    real_unlink, real_replace = os.unlink, Path.replace

    def unlink(path: str, *, dir_fd: int | None = None) -> None:
        if path == "noxfile.py":
            raise PermissionError(13, "Permission denied")
        real_unlink(path, dir_fd=dir_fd)

    def replace(self: Path, target: Path) -> Path:
        if self.name == "ci.yml" and "archived" in self.parts:
            raise PermissionError(13, "Permission denied")
        return real_replace(self, target)

    with monkeypatch.context() as patched:  # root may write anywhere, so the fault is made here
        patched.setattr(os, "unlink", unlink)
        patched.setattr(Path, "replace", replace)
        done = rollback(tmp_path)
    assert done[SETTINGS_FILE] == (Way.REMOVED, None)
    assert done["noxfile.py"][0] is Way.KEPT
    assert done[str(CI)][1] == "it cannot be written: Permission denied"
    assert set(rollback(tmp_path)) == {"noxfile.py", str(CI)}
    assert tree(tmp_path) == before


def test_what_a_killed_command_left_is_cleared(tmp_path: Path) -> None:
    put(tmp_path, NOXFILE, b"import nox\n")
    before = tree(tmp_path)
    for name in (
        ".noxfile.py.0123abcd.tasker-ci-part",
        f"{INDEX.parent}/.index.json.0123abcd.tasker-ci-part",
    ):
        put(tmp_path, name, b"half")
    rollback(tmp_path)
    assert tree(tmp_path) == before


def test_the_record_is_the_same_whoever_writes_it(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two with spaces ü"):
        put(tmp_path / name, NOXFILE, b"x = '\xfc'\n")
        write(tmp_path / name, NOXFILE, b"x = '\xfc'\nimport tasker_ci\n")
        texts.append((tmp_path / name / INDEX).read_bytes())
        assert stat.S_IMODE((tmp_path / name / INDEX).stat().st_mode) & 0o111 == 0
    assert texts[0] == texts[1]
    assert str(tmp_path).encode() not in texts[0]
