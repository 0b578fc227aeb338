"""The lock with hashes from which jobs install: complete, true to the package, made offline."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import generation
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tasker_ci.errors import SettingsError
from tasker_ci.stack.native_parts import pinned_wheels
from tasker_ci.tools.locked_requirements import (
    HASH,
    lock_text,
    locked,
    read_requirements,
    wheel_hashes,
    without_hash,
)
from tasker_ci.tools.pins import pinned_tools
from tasker_ci.workflows.files import is_untouched
from tasker_ci.workflows.plan import planned_files
from tasker_ci.workflows.sync.changes import FileState, compare

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
LOCKS = {
    "sessions": lock_text("sessions"),
    "native": lock_text("native"),
    "this repository": (ROOT / ".ci" / "requirements.txt").read_text(),
}
BUILD = [*PROJECT["build-system"]["requires"], "editables"]
WANTED = {
    "sessions": [*PROJECT["project"]["dependencies"], *EXTRAS["tools"], *BUILD],
    "native": [*PROJECT["project"]["dependencies"], *EXTRAS["tools"], *EXTRAS["native"], *BUILD],
    "this repository": [
        *PROJECT["project"]["dependencies"],
        *(each for extra in EXTRAS.values() for each in extra),
        *BUILD,
    ],
}
ONE = "sha256:" + "0" * 64
OTHER = "sha256:" + "1" * 64


def versions(text: str) -> dict[str, Version]:
    parsed = (Requirement(each.text) for each in read_requirements(text))
    return {
        canonicalize_name(each.name): Version(next(iter(each.specifier)).version) for each in parsed
    }


# What comes with the package


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_one_version_with_hashes(name: str) -> None:
    found = list(read_requirements(LOCKS[name]))

    assert len(found) > 40
    for each in found:
        assert re.match(r"[A-Za-z0-9._-]+==[^,\s]+( ;.*)?$", each.text), each
        assert each.hashes
        assert all(map(HASH.fullmatch, each.hashes))
    assert without_hash(LOCKS[name]) is None
    assert "://" not in LOCKS[name]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_what_the_package_depends_on_in_a_version_that_fits(name: str) -> None:
    found = versions(LOCKS[name])

    for wanted in map(Requirement, WANTED[name]):
        version = found[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version, prereleases=True), (
            f"{wanted}: the lock has {version}; run .ci/lock"
        )


def test_every_wheel_of_a_tool_in_its_pinned_version_has_hashes() -> None:
    tools = {tool.wheel_requirement for tool in pinned_tools().values() if tool.wheel}
    native = {f"{name}=={version}" for name, version in pinned_wheels().items()}

    assert set(wheel_hashes()) == tools | native, "run .ci/lock"


def test_a_wheel_that_two_locks_name_has_the_same_hashes_in_both() -> None:
    ours = {each.text: set(each.hashes) for each in read_requirements(LOCKS["native"])}

    shared = ours.keys() & wheel_hashes().keys()
    assert len(shared) > 5
    for name in shared:
        assert set(wheel_hashes()[name]) == ours[name]


# Reading


def test_requirements_are_read_as_pip_reads_them() -> None:
    text = (
        "# a comment\n"
        "--only-binary :all:\n"
        f"one==1 \\\n    --hash={ONE} \\\n    --hash={OTHER}\n"
        f"two==2 ; python_version < '3.13' --hash {ONE}  # why\n"
        "\n"
        "three==3\n"
    )

    one, two, three = read_requirements(text)

    assert (one.line, one.text, one.hashes) == (3, "one==1", (ONE, OTHER))
    assert (two.line, two.text, two.hashes) == (6, "two==2 ; python_version < '3.13'", (ONE,))
    assert without_hash(text) == three
    assert without_hash(f"md5==1 --hash=md5:{'0' * 32}\n") is not None
    assert without_hash(f"cut==1 --hash={ONE[:-1]}\n") is not None
    assert without_hash(locked("one==1", (ONE, OTHER))) is None


# What sync writes


def test_a_lock_is_written_where_a_job_installs_it_and_nowhere_else(tmp_path: Path) -> None:
    plain = generation.texts(tmp_path / "plain")
    services = generation.texts(tmp_path / "services", generation.WITH_SERVICES)

    assert [path for path in plain if path.endswith(".lock")] == [".github/tasker-ci.lock"]
    assert [path for path in services if path.endswith(".lock")] == [
        ".github/tasker-ci-native.lock",
        ".github/tasker-ci.lock",
    ]
    for path, text in services.items():
        if path.endswith(".lock"):
            assert is_untouched(text)
            assert without_hash(text) is None


def test_no_job_installs_anything_that_no_lock_names(tmp_path: Path) -> None:
    optional = "".join(f"[{name}]\npipeline = true\n" for name in ("coverage", "bench"))
    for file, job in generation.jobs_of(generation.full(tmp_path, optional)):
        runs = [step.get("run", "") for step in job.get("steps", ())]
        for place, run in enumerate(runs):
            if "pip install" not in run:
                continue
            assert " --no-deps " in run, file
            assert "--require-hashes" in run or "--require-hashes" in runs[place - 1], file


def test_tasker_ci_itself_is_locked_where_a_setting_knows_its_hash(tmp_path: Path) -> None:
    texts = generation.texts(tmp_path, f'[workflows]\nhashes = ["{ONE}"]\n')

    *_, last = read_requirements(texts[".github/tasker-ci.lock"])
    assert (last.text, last.hashes) == ("tasker-ci==1.2.3", (ONE,))


@pytest.mark.parametrize("hostile", ["sha256:abc", f"{ONE}\nevil==1", "md5:" + "0" * 32, ""])
def test_a_hash_that_is_none_is_an_error(tmp_path: Path, hostile: str) -> None:
    import json

    with pytest.raises(SettingsError, match=r"workflows\.hashes"):
        generation.texts(tmp_path, f"[workflows]\nhashes = [{json.dumps(hostile)}]\n")


def test_a_lock_that_nothing_installs_any_more_goes(tmp_path: Path) -> None:
    inputs = generation.inputs_of(tmp_path, generation.WITH_SERVICES)
    for file in planned_files(inputs):
        (tmp_path / file.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.path).write_text(file.text)
    (tmp_path / ".github" / "other.lock").write_text("somebody's own\n")
    own = tmp_path / "own.txt"
    own.write_text(locked("one==1", (ONE,)))

    settings = '[workflows]\nlock = "own.txt"\n'
    changes = compare(tmp_path, planned_files(generation.inputs_of(tmp_path, settings)))

    gone = {str(change.path) for change in changes if change.left_over}
    assert gone >= {".github/tasker-ci.lock", ".github/tasker-ci-native.lock"}
    assert ".github/other.lock" not in gone


def test_a_lock_edited_by_hand_is_seen(tmp_path: Path) -> None:
    files = planned_files(generation.inputs_of(tmp_path))
    (lock,) = (file for file in files if file.path.suffix == ".lock")
    place = tmp_path / lock.path
    place.parent.mkdir(parents=True)
    place.write_text(lock.text.replace("nox==", "nox-evil=="))

    (change,) = (each for each in compare(tmp_path, files) if each.path == lock.path)

    assert change.state is FileState.EDITED


# A lock of the project's own


def test_a_lock_of_the_projects_own_takes_the_place_of_ours(tmp_path: Path) -> None:
    own = {"ci/jobs lock.txt": locked("tasker-ci==1.2.3", (ONE,))}
    texts = generation.texts(tmp_path, '[workflows]\nlock = "ci/jobs lock.txt"\n', own)

    assert not [path for path in texts if path.endswith(".lock")]
    assert "--requirement 'ci/jobs lock.txt'" in texts[".github/workflows/ci.yml"]


@pytest.mark.parametrize(
    ("lock", "files", "problem"),
    [
        ("absent.txt", {}, "absent.txt cannot be read"),
        ("own.txt", {"own.txt": "# mine\nnox==1\n"}, r"own.txt:2: 'nox==1' has no hash"),
        ("own.txt", {"own.txt": "nox>=1 --hash=md5:0\n"}, "own.txt:1: 'nox>=1' has no hash"),
        ("../own.txt", {}, "leads out of the checkout"),
        ("/own.txt", {}, "leads out of the checkout"),
        ("$(own).txt", {}, "is no path"),
        ("folder", {"folder/a": ""}, "folder cannot be read"),
        ("", {}, "--no-deps"),
    ],
)
def test_a_lock_that_cannot_be_used_is_an_error(
    tmp_path: Path, lock: str, files: dict[str, str], problem: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        generation.texts(tmp_path, f'[workflows]\nlock = "{lock}"\n', files)

    assert re.search(problem, caught.value.message), caught.value.message
    assert caught.value.next_step


@pytest.mark.parametrize("link", ["own.txt", "ci"])
def test_nothing_of_a_file_out_of_the_project_is_shown(tmp_path: Path, link: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "own.txt").write_text("machine x password hunter2\n", encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    (project / link).symlink_to(home / link if link == "own.txt" else home)
    lock = "own.txt" if link == "own.txt" else "ci/own.txt"
    with pytest.raises(SettingsError, match="out of the project") as caught:
        generation.texts(project, f'[workflows]\nlock = "{lock}"\n')
    assert "hunter2" not in caught.value.message


def test_without_a_lock_the_install_command_brings_all(tmp_path: Path) -> None:
    settings = '[workflows]\nlock = ""\ninstall = ["pip", "install", "mine{extras}"]\n'
    texts = generation.texts(tmp_path, settings)

    assert not [path for path in texts if path.endswith(".lock")]
    assert "what the lock names" not in texts[".github/workflows/ci.yml"]


# tasker-ci itself


def test_no_default_names_a_package_of_an_index(tmp_path: Path) -> None:
    for _, step in generation.steps_of(generation.full(tmp_path)):
        run = step.get("run", "")
        if "pip install" in run:
            named = [word for word in shlex.split(run) if word.startswith("tasker-ci")]
            assert all("@ git+https://" in word for word in named)


@pytest.mark.parametrize(
    ("settings", "files", "steps"),
    [
        ("", {}, 1),
        (f'hashes = ["{ONE}"]\n', {}, 0),
        ('lock = "own.txt"\n', {"own.txt": locked("one==1", (ONE,))}, 1),
        ('lock = "own.txt"\n', {"own.txt": locked("tasker-ci[tools]==1", (ONE,))}, 0),
        ('install = ["mine"]\n', {}, 1),
    ],
)
def test_a_lock_that_names_it_needs_no_further_command(
    tmp_path: Path, settings: str, files: dict[str, str], steps: int
) -> None:
    job = generation.workflows(tmp_path, f"[workflows]\n{settings}", files)["ci.yml"]["jobs"][
        "drift"
    ]

    names = [step["name"] for step in job["steps"]]
    assert names.count("Install what the lock names") == 1
    assert names.count("Install the sessions") == steps
