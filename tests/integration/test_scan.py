"""`scan` with the real scanners on images of a real engine, their databases out of a few entries.

Everything runs in the engine's own network: no scanner asks a registry.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import faces
import pytest
import scanned_images
import session_processes
import workspaces
from second_engine import Engine
from vulnerability_databases import DEBIAN, OLD_DEBIAN, Known, write_grype, write_trivy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

HOSTILE = "a|<b>`c`"

KNOWN = (
    Known(id="CVE-2031-0001", package="zlib", severity="high", fixed="1:1.2.14-1"),
    Known(id="CVE-2031-0002", package="openssl", severity="critical"),
    Known(id="CVE-2031-0003", package="perl", severity="low", fixed="5.40"),
    Known(id="CVE-2031-0005", package=HOSTILE, severity="high", fixed="2"),
    Known(
        id="GHSA-aaaa-bbbb-cccc",
        alias="CVE-2031-0004",
        package="smallvec",
        severity="high",
        fixed="1.6.1",
        crate=True,
    ),
    Known(id="RUSTSEC-2031-0009", package="time", severity="medium", fixed="0.2.23", crate=True),
)
PACKAGES = {
    ("zlib1g", "zlib"): "1:1.2.13.dfsg-1",
    ("libssl3", "openssl"): "3.0.1-1",
    ("perl-base", "perl"): "5.36.0-7",
    ("bash", "bash"): "5.2.15-2",
}
CRATES = {"smallvec": "1.6.0", "time": "0.1.40", "itoa": "1.0.0"}

BAD = {
    ("libssl3", "3.0.1-1", "critical", ""),
    ("zlib1g", "1:1.2.13.dfsg-1", "high", "1:1.2.14-1"),
    ("smallvec", "1.6.0", "high", "1.6.1"),
}
"""What is red in the image that has all of them: package, version, severity, the mended version."""

NOT_SO_BAD = {
    ("perl-base", "5.36.0-7", "low", "5.40"),
    ("time", "0.1.40", "medium", "0.2.23"),
}

IGNORES = """\
unfixed = "pass"
[[scan.ignore]]
id = "CVE-2031-0001"
reason = "nothing compresses"
review = 2999-01-01
[[scan.ignore]]
id = "CVE-2031-0004"
reason = "never with so many items"
review = 2020-01-01
[[scan.ignore]]
id = "CVE-1999-0001"
reason = "was there once"
review = 2999-01-01
"""


@pytest.fixture(scope="module", params=["trivy", "grype"])
def scanner(request: pytest.FixtureRequest, require_tool: Callable[[str], Path]) -> str:
    name = str(request.param)
    require_tool(name)
    return name


@pytest.fixture(scope="module")
def registry(
    require_tool: Callable[[str], Path],
    require_root: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engine]:
    """An engine with the images."""
    for program in ("docker", "dockerd", "ip", "unshare", "nsenter", "objcopy"):
        require_tool(program)
    program = scanned_images.rust_program(tmp_path_factory.mktemp("program"), CRATES)
    debian = scanned_images.distribution("debian", DEBIAN, PACKAGES)
    twice = {"usr/bin/one": program, "srv/other": program}
    hostile = {(HOSTILE, HOSTILE): "1"}
    images = {
        "all:1": {**debian, **twice},
        "localhost:5000/team/debian:1": debian,
        "registry:2": debian,
        "old:1": scanned_images.distribution("debian", OLD_DEBIAN, PACKAGES),
        "unheard-of:1": scanned_images.distribution("unheard-of", "7", PACKAGES),
        "scratch:1": {"hello": b"hello"},
        "program:1": twice,
        "hostile:1": scanned_images.distribution("debian", DEBIAN, hostile),
    }
    with Engine() as engine:
        for name, files in images.items():
            engine.load(scanned_images.archive(files), name)
        yield engine


@pytest.fixture(scope="module")
def databases(scanner: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables by which a scanner uses the test's database, and no network."""
    return database_of(scanner, tmp_path_factory.mktemp("database"))


def database_of(scanner: str, folder: Path, **made: Any) -> dict[str, str]:
    """Make the scanner's database there; ``made`` is what is not usual about it."""
    if scanner == "trivy":
        write_trivy(folder, KNOWN, **made)
        return without_database(scanner, folder)
    variables = without_database(scanner, folder / "cache")
    write_grype(folder / "new.db", KNOWN, **made)
    command = ["grype", "db", "import", str(folder / "new.db")]
    imported = faces.run(command, folder, faces.clean_environment(**variables))
    assert imported.exit_code == 0, imported.text
    return variables


def without_database(scanner: str, cache: Path) -> dict[str, str]:
    """The variables alone."""
    if scanner == "trivy":
        switches = {"TRIVY_SKIP_DB_UPDATE": "true", "TRIVY_OFFLINE_SCAN": "true"}
        return {"TRIVY_CACHE_DIR": str(cache), **switches}
    switches = {"GRYPE_DB_AUTO_UPDATE": "false", "GRYPE_DB_VALIDATE_AGE": "false"}
    return {"GRYPE_DB_CACHE_DIR": str(cache), **switches}


class Project:
    """A workspace whose sessions run where the engine is."""

    def __init__(
        self, folder: Path, engine: Engine, scanner: str, variables: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.within = engine.inside
        self.scanner = scanner
        self.environment = {"DOCKER_HOST": engine.host, **variables}
        self.settings()

    def settings(self, more: str = "") -> None:
        text = f'[scan]\nscanner = "{self.scanner}"\n{more}'
        workspaces.write_files(self.folder, {".config/tasker-ci.toml": text})

    def scan(self, *arguments: str, **environment: str) -> faces.Ended:
        """The session with its document on standard output."""
        own = faces.clean_environment(**{**self.environment, **environment})
        command = [*self.within, "tasker-ci", "scan", *arguments, "--json"]
        return faces.run(command, self.folder, own)


@pytest.fixture
def project(tmp_path: Path, registry: Engine, scanner: str, databases: dict[str, str]) -> Project:
    return Project(tmp_path / "project", registry, scanner, databases)


def found(rows: list[dict[str, str]]) -> set[tuple[str, ...]]:
    """What both scanners have to agree about; a set that is as long as the list."""
    told = [tuple(row[key] for key in ("package", "version", "severity", "fixed")) for row in rows]
    assert len(set(told)) == len(told)
    return set(told)


def test_every_vulnerability_is_found_once(project: Project) -> None:
    """Of crates too, whose program is in the image twice."""
    ended = project.scan("--image", "all:1")
    assert ended.exit_code == 1, ended.text
    document = json.loads(ended.stdout)
    assert found(document["failing"]) == BAD
    assert found(document["tolerated"]) == NOT_SO_BAD
    assert document["images"] == ["all:1"]
    assert document["summary"] == "3 of severity high or worse in 1 image."
    assert not document["doubts"]


def test_settings_judge_whatever_the_scanner_thinks(project: Project) -> None:
    project.settings('severity = "critical"\nunfixed = "pass"\nimages = ["all:1"]\n')
    ended = project.scan()
    assert ended.exit_code == 0, ended.text
    assert found(json.loads(ended.stdout)["tolerated"]) == BAD | NOT_SO_BAD


def test_variables_of_a_scanner_hide_nothing_and_fail_nothing(project: Project) -> None:
    elsewhere = str(project.folder / "elsewhere")
    strict = {
        "TRIVY_OUTPUT": elsewhere,
        "GRYPE_FILE": elsewhere,
        "TRIVY_SEVERITY": "CRITICAL",
        "TRIVY_IGNORE_UNFIXED": "true",
        "TRIVY_EXIT_CODE": "5",
        "GRYPE_ONLY_FIXED": "true",
        "GRYPE_FAIL_ON_SEVERITY": "low",
    }
    document = json.loads(project.scan("--image", "all:1", **strict).stdout)
    assert found(document["failing"]) == BAD
    assert found(document["tolerated"]) == NOT_SO_BAD


def test_an_ignore_goes_by_the_cve_whichever_name_the_scanner_gives(project: Project) -> None:
    project.settings(IGNORES)
    ended = project.scan("--image", "all:1")
    assert ended.exit_code == 0, ended.text
    document = json.loads(ended.stdout)
    assert {row["package"] for row in document["ignored"]} == {"zlib1g", "smallvec"}
    assert "The ignore of CVE-2031-0004 was to be reviewed by 2020-01-01" in ended.stderr
    assert "names CVE-1999-0001, which no image has any more" in ended.stderr
    assert "names CVE-2031-0004" not in ended.stderr


def test_what_the_scanners_own_file_leaves_out_is_said(project: Project) -> None:
    files = {
        ".trivyignore": "CVE-2031-0001\n",
        ".grype.yaml": "ignore: [{vulnerability: CVE-2031-0001}]\n",
    }
    workspaces.write_files(project.folder, files)
    ended = project.scan("--image", "all:1")
    document = json.loads(ended.stdout)
    assert [row["id"] for row in document["suppressed"]] == ["CVE-2031-0001"]
    assert "the scanner left out CVE-2031-0001 by a configuration of its own" in ended.stderr


@pytest.mark.parametrize("name", ["localhost:5000/team/debian:1", "registry:2"])
def test_an_image_is_called_as_it_is(project: Project, name: str) -> None:
    (project.folder / name).mkdir(parents=True)  # a folder of that name is no image
    document = json.loads(project.scan("--image", name).stdout)
    assert document["images"] == [name]
    assert {row["package"] for row in document["failing"]} == {"libssl3", "zlib1g"}


def test_an_image_goes_by_its_id_too(project: Project, registry: Engine) -> None:
    command = ["docker", "--host", registry.host, "image", "inspect", "--format", "{{.Id}}"]
    told = subprocess.run([*command, "registry:2"], capture_output=True, text=True, check=True)
    name = told.stdout.strip()
    document = json.loads(project.scan("--image", name).stdout)
    assert document["images"] == [name]
    assert {row["package"] for row in document["failing"]} == {"libssl3", "zlib1g"}


@pytest.mark.parametrize(
    ("image", "doubt"),
    [
        ("old:1", f"debian {OLD_DEBIAN} is past its end of life"),
        ("unheard-of:1", "the scanner"),
        ("scratch:1", "the scanner"),
    ],
)
def test_where_finding_nothing_says_little_it_is_said(
    project: Project, image: str, doubt: str
) -> None:
    ended = project.scan("--image", image)
    assert ended.exit_code == 0, ended.text
    document = json.loads(ended.stdout)
    assert document["doubts"][image].startswith(doubt)
    assert f"Of {image} this scan says little" in ended.stderr


def test_an_image_of_a_program_alone_is_no_reason_to_doubt(project: Project) -> None:
    document = json.loads(project.scan("--image", "program:1").stdout)
    assert [row["package"] for row in document["failing"]] == ["smallvec"]
    assert not document["doubts"]


def test_names_out_of_an_image_do_nothing_to_the_page(project: Project, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    project.scan(*("--image", "hostile:1"), GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    (row,) = [line for line in page.read_text(encoding="utf-8").splitlines() if "hostile" in line]
    assert r"a\|&lt;b&gt;\`c\`" in row


def test_reports_of_the_scanner_itself_are_read(project: Project, tmp_path: Path) -> None:
    """Two of one image are one; what it writes for others is refused by its name."""
    words = ["trivy", "image", "--scanners", "vuln"] if project.scanner == "trivy" else ["grype"]
    option = "--format" if project.scanner == "trivy" else "--output"
    own = faces.clean_environment(**project.environment)
    for name in ("json", "sarif"):
        command = [*project.within, *words, option, name, "all:1"]
        (tmp_path / name).write_text(faces.run(command, tmp_path, own).stdout, encoding="utf-8")
    whole = tmp_path / "json"
    twice = project.scan("--report", str(whole), "--report", str(whole))
    assert found(json.loads(twice.stdout)["failing"]) == BAD
    sarif = project.scan("--report", str(tmp_path / "sarif"))
    assert "is SARIF, not the JSON of trivy" in json.loads(sarif.stdout)["summary"]
    whole.write_text(whole.read_text(encoding="utf-8")[:-100], encoding="utf-8")
    half = project.scan("--report", str(whole))
    assert "cannot be read" in json.loads(half.stdout)["summary"]


def test_an_image_that_is_nowhere_was_not_scanned(project: Project) -> None:
    ended = project.scan("--image", "no/such:1")
    assert ended.exit_code == 1
    assert "can get this image neither" in json.loads(ended.stdout)["summary"]


def test_without_a_database_nothing_was_scanned(project: Project, tmp_path: Path) -> None:
    ended = project.scan("--image", "all:1", **without_database(project.scanner, tmp_path / "no"))
    assert ended.exit_code == 1
    document = json.loads(ended.stdout)
    assert f"{project.scanner} has no database" in document["summary"]
    assert "Without a network" in document["next_step"]


def test_with_a_database_that_is_too_old_nothing_was_scanned(
    project: Project, tmp_path: Path
) -> None:
    """trivy's goes by the schema, grype's by its age."""
    made = {"schema": 1} if project.scanner == "trivy" else {"built": "2026-01-01T00:00:00Z"}
    variables = database_of(project.scanner, tmp_path, **made)
    ended = project.scan("--image", "all:1", **{**variables, "GRYPE_DB_VALIDATE_AGE": "true"})
    assert ended.exit_code == 1
    assert "is too old" in json.loads(ended.stdout)["summary"]


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[str]:
    """The address of an engine that takes every call and never answers."""
    place = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen(100)
        yield f"unix://{place}"


def test_a_scan_that_hangs_is_stopped(project: Project, hanging: str, tmp_path: Path) -> None:
    project.settings("seconds = 3\n")
    mark = tmp_path.name
    ended = project.scan("--image", "all:1", DOCKER_HOST=hanging, **{faces.MARK: mark})
    assert ended.exit_code == 1
    assert "did not scan all:1 within 3 s" in json.loads(ended.stdout)["summary"]
    assert not faces.processes_of(mark)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_no_scanner(
    project: Project, hanging: str, tmp_path: Path, number: int, code: int
) -> None:
    mark = f"{tmp_path.name}-{os.getpid()}"
    variables = {**project.environment, "DOCKER_HOST": hanging, faces.MARK: mark}
    arguments = ("scan", "--image", "all:1")
    with session_processes.started(
        project.folder, *arguments, within=project.within, **variables
    ) as running:

        def at_work() -> bool:
            lines = faces.processes_of(mark).values()
            return any(line.startswith(project.scanner) for line in lines)

        session_processes.until(running, at_work, "the scanner")
        running.send_signal(number)
        assert running.wait(timeout=session_processes.PATIENCE_SECONDS) == code
    assert not faces.processes_of(mark)
