"""CI systems beside GitHub's, whose files are not read."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Opaque, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from tasker_ci.foreign.checkout import Checkout

_SYSTEMS = {
    ".circleci/config.yml": "CircleCI",
    ".circleci/config.yaml": "CircleCI",
    ".gitlab-ci.yml": "GitLab",
    ".gitlab-ci.yaml": "GitLab",
    ".github/buildomat/*": "buildomat",
    ".buildkite/*": "Buildkite",
    "Jenkinsfile*": "Jenkins",
    "*/Jenkinsfile": "Jenkins",
    "azure-pipelines*.y*ml": "Azure Pipelines",
    ".azure-pipelines/*": "Azure Pipelines",
    ".azure/*.y*ml": "Azure Pipelines",
    "ci/azure*.y*ml": "Azure Pipelines",
    ".cirrus.yml": "Cirrus CI",
    ".cirrus.star": "Cirrus CI",
    ".woodpecker.y*ml": "Woodpecker",
    ".woodpecker/*": "Woodpecker",
    ".drone.yml": "Drone",
    ".travis.yml": "Travis CI",
    "appveyor.yml": "AppVeyor",
    ".appveyor.yml": "AppVeyor",
    ".builds/*.yml": "builds.sr.ht",
    "bitbucket-pipelines.yml": "Bitbucket Pipelines",
    ".semaphore/*.yml": "Semaphore",
    ".teamcity/*": "TeamCity",
    ".taskcluster.yml": "Taskcluster",
    ".forgejo/workflows/*.y*ml": "Forgejo",
    ".gitea/workflows/*.y*ml": "Gitea",
}
"""Where each keeps its configuration: https://docs of the systems; all from the root."""


def other_systems(files: Iterable[PurePosixPath]) -> Iterator[Opaque]:
    """A part that is not read for each other CI system, at the first of its files."""
    seen: set[str] = set()
    for file in sorted(files):
        name = str(file)
        if file.suffix == ".md" or (name[0] not in ".Jacb" and "Jenkinsfile" not in name):
            continue  # most files of a repository
        for pattern, system in _SYSTEMS.items():
            if system not in seen and fnmatchcase(name, pattern):
                seen.add(system)
                yield Opaque(Place(file, 1), f"{system} runs it, and that is not read")


def unnamed_scripts(checkout: Checkout) -> Iterator[Opaque]:
    """A part that is not read for each folder below ``.github`` with a script that nothing names.

    Another system runs what lies there and calls cargo, such as the bot of a project.
    """
    texts = {
        file: checkout.text(file) or ""
        for file in checkout.in_order
        if file.parts[0] == ".github" and file.suffix in {".sh", ".bash", ".yml", ".yaml", ".py"}
    }
    folders: set[PurePosixPath] = set()
    for file, text in texts.items():
        if file.suffix not in {".sh", ".bash"} or file.parent in folders or "cargo" not in text:
            continue
        if not any(file.name in other for path, other in texts.items() if path != file):
            folders.add(file.parent)
            yield Opaque(Place(file, 1), "no workflow names this script: another system may run it")
