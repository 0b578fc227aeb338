"""A whole CI, from the list of files to the calls of cargo."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reviewed import steps, subject_of

from tasker_ci.foreign.other_systems import other_systems

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.foreign.reading import CiReading


def read(folder: Path, workflow: str, **files: str) -> CiReading:
    return subject_of(folder, workflow, **files).reading


def test_commands_of_scripts_are_read_with_the_place_that_calls_them(tmp_path: Path) -> None:
    script = '#!/bin/bash\nset -e\ncargo test -p "$1"\n'
    reading = read(tmp_path, steps("./ci/test.sh core"), **{"ci__test.sh": script})
    (call,) = reading.invocations
    assert call.values("--package") == ("core",)
    assert str(call.command.place) == "ci/test.sh:3"
    assert [place.line for place in call.command.trail] == [8]
    assert reading.complete


def test_what_cannot_be_read_is_named_once(tmp_path: Path) -> None:
    reading = read(tmp_path, steps("make test", "cargo $(pick)", "cargo test -p core"))
    assert not reading.complete
    assert [each.place.line for each in reading.opaque] == [9]


def test_another_system_is_named_by_the_first_of_its_files() -> None:
    files = [
        PurePosixPath(name)
        for name in (
            ".circleci/config.yml",
            ".buildkite/b.yml",
            ".buildkite/a.yml",
            "deploy/Jenkinsfile",
            "src/azure-pipelines.rs",
            ".travis.yml",
        )
    ]
    assert [str(each) for each in other_systems(files)] == [
        ".buildkite/a.yml:1: Buildkite runs it, and that is not read",
        ".circleci/config.yml:1: CircleCI runs it, and that is not read",
        ".travis.yml:1: Travis CI runs it, and that is not read",
        "deploy/Jenkinsfile:1: Jenkins runs it, and that is not read",
    ]


def test_scripts_that_no_workflow_names_are_another_systems(tmp_path: Path) -> None:
    files = {
        ".github__ci__test.sh": "#!/bin/bash\n## on pull_request\ncargo test\n",
        ".github__ci__build.sh": "#!/bin/bash\ncargo build\n",
        ".github__scripts__lint.sh": "#!/bin/bash\n.github/scripts/inner.sh\n",
        ".github__scripts__inner.sh": "#!/bin/bash\ncargo clippy\n",
        ".github__stale.sh": "#!/bin/bash\necho nothing\n",
    }
    reading = read(tmp_path, steps("bash .github/scripts/lint.sh"), **files)
    assert [str(each) for each in reading.opaque] == [
        ".github/ci/build.sh:1: no workflow names this script: another system may run it"
    ]
