"""The generated workflows, run by act: order, outputs, environment, sessions, artifacts, gate."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import act
import faces
import private_keys
import pytest
import service_projects
import workspaces
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A workspace with one of everything: an image, services, keys, unit tests, an example, two
# end-to-end targets. What a test sees it writes beside the artifacts, from where it is read.

LIBRARY = """\
//! A library.

/// Writes down what arrived.
///
/// ```
/// sample::write_down("doctest");
/// ```
///
/// # Panics
///
/// Panics without the keys, or where it cannot write.
pub fn write_down(session: &str) {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let folder = std::path::PathBuf::from(variable("STAND_IN_ARTIFACTS"));
    let text = format!("{}{}", variable("JWT_PRIVATE_KEY"), variable("API_KEY"));
    std::fs::write(folder.join(format!("keys-of-{session}")), text).unwrap();
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_arrive() {
        super::write_down("unit");
    }

    #[test]
    fn second() {}
}
"""
IMAGE_TEST = """\
#[test]
fn the_image_arrives() {
    let folder = std::path::PathBuf::from(std::env::var("STAND_IN_ARTIFACTS").unwrap());
    let image = std::env::var("POSTGRES_IMAGE").unwrap();
    std::fs::write(folder.join("image"), image).unwrap();
}
"""
DOCKERFILE = "ARG BASE=scratch\nFROM ${BASE}\n"
FALLBACK = "registry.example/fallback:1"

SETTINGS = (
    service_projects.SETTINGS.replace(
        '"sample::end_to_end"', '"sample::end_to_end", "sample::image"'
    ).replace('service = "database"', f'service = "database"\nfallback-image = "{FALLBACK}"')
    + """
[environment.variables.JWT_PRIVATE_KEY]
generator = "rsa-private-key"
secret = true

[environment.variables.JWT_PUBLIC_KEY]
generator = "rsa-public-key"
secret = true
"""
)
WITHOUT_SCCACHE = 'sccache = "off"\n'
DROPPING = 'drop = ["SCCACHE_GHA_ENABLED"]\n'
"""The test's own server of sccache keeps its cache in a folder: there is no cache service here."""

OWN_WORKFLOW = """\
name: Extra
on:
  workflow_call:
    inputs:
      level: {type: string, default: none}
    secrets:
      TOKEN: {required: false}
permissions: {}
jobs:
  extra:
    runs-on: ubuntu-24.04
    timeout-minutes: 1
    steps:
      - env:
          LEVEL: ${{ inputs.level }}
          TOKEN: ${{ secrets.TOKEN }}
        run: printf 'level [%s], %s characters, %s\\n' "$LEVEL" "${#TOKEN}" "$TOKEN"
"""


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Makes projects and lets act run them; each gets a folder of its own."""

    program: Path
    folder: Path

    def project(self, name: str, *, head: str = "", settings: str = "") -> Path:
        """The workspace with these settings at the head and the end of its own."""
        project = service_projects.write_services(self.folder / name)
        text = head + act.SETTINGS + SETTINGS + settings
        files = {
            ".config/tasker-ci.toml": text,
            ".gitignore": "/target\n/.nox\n__pycache__/\n",
            "docker/db/Dockerfile": DOCKERFILE,
            "src/lib.rs": LIBRARY,
            "tests/image.rs": IMAGE_TEST,
        }
        workspaces.write_files(project, files)
        return project

    def run(
        self,
        project: Path,
        event: str = "push",
        *arguments: str,
        sccache: bool = False,
        **variables: str,
    ) -> act.Ended:
        """Run, in a folder of act's own beside the project."""
        scratch = project.parent / f"{project.name}-run"
        shutil.rmtree(scratch, ignore_errors=True)
        return act.run(
            self.program, project, scratch, event, *arguments, sccache=sccache, **variables
        )

    def call(self, project: Path, workflow: str, **variables: str) -> act.Ended:
        """Run one of the called workflows by itself."""
        file = f".github/workflows/{workflow}.yml"
        return self.run(project, "workflow_call", "--workflows", file, **variables)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], Path]) -> Runs:
    for name in ("cargo", "rustup", "cargo-nextest", "cargo-audit", "git", "node", "openssl"):
        require_tool(name)
    for name in ("zizmor", "check-jsonschema"):  # the drift job starts them
        require_tool(name)
    return Runs(program=require_tool("act"), folder=tmp_path_factory.mktemp("workflows"))


# Everything green


@pytest.fixture(scope="module")
def green(runs: Runs, require_tool: Callable[[str], Path]) -> Iterator[act.Ended]:
    """The whole pipeline, once for all tests that look at it."""
    sccache = require_tool("sccache")
    project = runs.project("green")
    file = project / ".config" / "tasker-ci.toml"
    text = file.read_text(encoding="utf-8")
    dropping = text.replace("[environment]\n", f"[environment]\n{DROPPING}", 1)
    file.write_text(dropping, encoding="utf-8")
    act.synchronise(project)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    server = {"SCCACHE_DIR": str(runs.folder / "sccache"), "SCCACHE_SERVER_PORT": port}
    try:
        yield runs.run(project, "push", "--concurrent-jobs", "4", sccache=True, **server)
    finally:
        environment = faces.clean_environment(**server)
        subprocess.run(
            [str(sccache), "--stop-server"], env=environment, capture_output=True, check=False
        )


def test_every_job_ran_and_was_green(green: act.Ended) -> None:
    assert green.exit_code == 0, green.complaints
    assert green.jobs == dict.fromkeys(
        ("drift", "database", "quality", "unit", "integration", "ci-success"), "success"
    )


def test_jobs_follow_the_pipeline(green: act.Ended) -> None:
    def after(later: str, *earlier: str) -> bool:
        return all(green.span(name)[1] < green.span(later)[0] for name in earlier)

    assert after("integration", "database", "quality", "unit")
    assert after("ci-success", "drift", "integration")
    assert not after("quality", "unit")
    assert not after("unit", "quality")


PREPARATION = (
    *("Check out", "Rust toolchain", "sccache", "Environment", "Cache of the dependencies"),
    *("Python", "Install the sessions", "Tools"),
)
STATISTICS = ("cache", "Keep sccache's statistics")
HISTORY = "Keep the history of the runs"


@pytest.mark.parametrize(
    ("job", "steps"),
    [
        ("quality", ("fmt", "clippy", "doc", "audit", *STATISTICS, HISTORY)),
        (
            "unit",
            (
                *("unit", "doctest", "examples", "inventory", "Keep the test reports"),
                *(*STATISTICS, HISTORY),
            ),
        ),
        (
            "integration",
            ("integration", "Remove the services", "Keep the test reports", *STATISTICS, HISTORY),
        ),
    ],
)
def test_the_steps_of_a_job_with_sessions(
    green: act.Ended, job: str, steps: tuple[str, ...]
) -> None:
    ran = {name: result for name, result in green.steps(job).items() if result != "skipped"}

    assert [name for name in ran if name != "Sign in to the registry"] == [*PREPARATION, *steps]
    assert set(ran.values()) == {"success"}


def reports_of(ended: act.Ended) -> dict[str, list[str]]:
    """The files of the artifacts that are no history."""
    return {name: files for name, files in ended.kept().items() if not name.startswith("history-")}


def test_every_session_left_a_record_in_the_history_that_is_uploaded(green: act.Ended) -> None:
    sessions = {
        name: [file.split(".")[1] for file in files if file.endswith(".json.gz")]
        for name, files in green.kept().items()
        if name.startswith("history-")
    }
    assert sessions == {
        "history-integration": ["integration"],
        "history-quality": ["fmt", "clippy", "doc", "audit"],
        "history-unit-stable": ["unit", "doctest", "examples", "inventory"],
    }


def test_the_sessions_left_their_reports_where_they_are_uploaded_from(green: act.Ended) -> None:
    assert reports_of(green) == {
        "sccache-integration": ["sccache-statistics.json"],
        "sccache-quality": ["sccache-statistics.json"],
        "sccache-unit-stable": ["sccache-statistics.json"],
        "test-reports-integration": ["integration.ci.xml"],
        "test-reports-stable": ["doctest.stable.xml", "unit.ci.stable.xml"],
    }
    report = (green.artifacts / "test-reports-stable" / "unit.ci.stable.xml").read_text(
        encoding="utf-8"
    )
    assert "tests::keys_arrive" in report
    report = green.artifacts / "test-reports-integration" / "integration.ci.xml"
    assert "the_key_of_the_run_opens" in report.read_text(encoding="utf-8")


def test_the_image_that_was_built_reaches_the_tests(green: act.Ended) -> None:
    image = (green.artifacts / "image").read_text(encoding="utf-8")

    name, _, content = image.partition(":")
    assert name == "ghcr.io/example/sample/database"
    assert len(content) == 64
    pushed = green.log("database", "Build and push").split()
    assert image in pushed
    assert any(word.startswith(f"{name}:sha-") for word in pushed)


def test_the_environment_of_setup_env_is_that_of_the_sessions(green: act.Ended) -> None:
    of_unit = (green.artifacts / "keys-of-unit").read_text(encoding="utf-8")
    of_doctest = (green.artifacts / "keys-of-doctest").read_text(encoding="utf-8")

    assert of_unit == of_doctest, "two sessions of a job have the keys of the job"
    key = load_pem_private_key(of_unit.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert of_unit.startswith(private_keys.as_pkcs8(key))
    assert len(of_unit.splitlines()) > 20


def test_no_line_of_a_key_is_in_the_logs(green: act.Ended) -> None:
    lines = (green.artifacts / "keys-of-unit").read_text(encoding="utf-8").splitlines()
    secret = [line for line in lines if not line.startswith("-----")]

    assert len(secret) > 20
    assert [line for line in secret if line in green.text] == []


def test_compilations_went_through_sccache(green: act.Ended) -> None:
    assert "sccache-action: version=v0." in green.log("unit", "sccache")
    assert "sccache: answers" in green.log("unit", "Environment")


def test_each_cache_has_one_writer(green: act.Ended) -> None:
    for job, ends in {
        "quality": "key=tasker-ci-check save-if=true",
        "unit": "key=tasker-ci-build-stable save-if=true",
        "integration": "key=tasker-ci-build-stable save-if=false",
    }.items():
        said = green.log(job, "Cache of the dependencies").splitlines()
        assert f"rust-cache: workspaces=. -> target {ends}" in said


def test_the_gate_names_every_job(green: act.Ended) -> None:
    said = green.log("ci-success", "Every job was green")
    for job in ("drift", "images", "quality", "unit", "integration"):
        assert f"{job}: success" in said


# Something is red


def test_a_failed_session_hides_none_of_the_others(runs: Runs) -> None:
    project = runs.project("unformatted", head=WITHOUT_SCCACHE)
    workspaces.write_files(
        project, {"src/lib.rs": LIBRARY.replace("    fn second() {}", "fn second() { }")}
    )
    act.synchronise(project)

    ended = runs.call(project, "code-quality")

    assert ended.exit_code == 1
    assert ended.jobs == {"quality": "failure"}
    sessions = {name: ended.steps("quality")[name] for name in ("fmt", "clippy", "doc", "audit")}
    assert sessions == {"fmt": "failure", "clippy": "success", "doc": "success", "audit": "success"}


def test_a_stale_file_stops_all_and_the_gate_is_red(runs: Runs) -> None:
    project = runs.project("stale")
    act.synchronise(project)
    file = project / ".github" / "workflows" / "test-unit.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("exec nox -s unit", "exec nox -s fmt"), encoding="utf-8")
    act.replace_jobs(project, dict.fromkeys(STAGES[1:], "true"))

    ended = runs.run(project)

    assert ended.exit_code == 1
    assert ended.jobs == {
        **dict.fromkeys(STAGES[1:], "success"),
        "drift": "failure",
        "ci-success": "failure",
    }
    said = ended.log("drift", "workflows")
    assert "-          exec nox -s fmt\n+          exec nox -s unit" in said
    assert "nox -s sync" in said
    gate = ended.log("ci-success", "Every job was green")
    assert "drift: failure" in gate
    assert "unit: success" in gate


@pytest.mark.parametrize(
    ("workflow", "red", "skipped"),
    [("code-quality", "clippy", ["doc"]), ("test-unit", "unit", ["doctest", "examples"])],
)
def test_code_that_does_not_compile_makes_one_red_step(
    runs: Runs, workflow: str, red: str, skipped: list[str]
) -> None:
    project = runs.project(f"broken-{workflow}", head=WITHOUT_SCCACHE)
    workspaces.write_files(project, {"src/lib.rs": LIBRARY.replace("#[test]", "#[tests]")})
    act.synchronise(project)

    ended = runs.call(project, workflow)

    (job,) = ended.jobs
    steps = ended.steps(job)
    assert [name for name, result in steps.items() if result == "failure"] == [red]
    assert all(steps.get(name, "skipped") == "skipped" for name in skipped)
    assert "src/lib.rs" in ended.log(job, red)


STAGES = ("drift", "images", "quality", "unit", "integration")


@pytest.fixture(scope="module")
def with_own_workflows(runs: Runs) -> Path:
    """A project with workflows of its own, one of which may be skipped."""
    own = """
[workflows.own.scan]
path = ".github/workflows/extra.yml"
before = "unit"
may-skip = true

[workflows.own.deploy]
path = ".github/workflows/extra.yml"
after = "integration"
inputs = { level = 'a "$(id)"' }
secrets = { TOKEN = "DEPLOY_TOKEN" }
"""
    project = runs.project("own", settings=own)
    workspaces.write_files(project, {".github/workflows/extra.yml": OWN_WORKFLOW})
    act.synchronise(project)
    return project


@pytest.mark.parametrize(
    ("outcomes", "ran", "said"),
    [
        pytest.param({}, "success", "deploy: success", id="all green"),
        pytest.param({"scan": "skipped"}, "success", "scan: skipped, which", id="skipped by leave"),
        pytest.param({"deploy": "skipped"}, "failure", "deploy was skipped", id="skipped"),
        pytest.param({"quality": "exit 1"}, "failure", "quality: failure", id="failed stage"),
        pytest.param({"unit": "exit 1"}, "failure", "integration was skipped", id="what needs it"),
        pytest.param({"scan": "exit 1"}, "failure", "scan: failure", id="leave is for skips alone"),
    ],
)
def test_the_gate(
    runs: Runs, with_own_workflows: Path, outcomes: dict[str, str], ran: str, said: str
) -> None:
    project = runs.folder / "own-jobs"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(with_own_workflows, project)
    act.replace_jobs(project, {**dict.fromkeys(STAGES, "true"), **outcomes})

    ended = runs.run(project, "push", "--secret", "DEPLOY_TOKEN=nothing secret")

    assert ended.jobs.get("ci-success") == ran, ended.complaints
    assert said in ended.log("ci-success", "Every job was green")
    assert (ended.exit_code == 0) == (ran == "success")
    assert list(ended.jobs)[-1] == "ci-success"
    if not outcomes:
        assert ended.log("extra").count("Job succeeded") == 2, "both calls were made"
        assert "level [none], 0 characters," in ended.log("extra")
        assert 'level [a "$(id)"], 14 characters, ***' in ended.log("extra")


# The image


@pytest.fixture(scope="module")
def image_project(runs: Runs) -> Path:
    project = runs.project("images")
    act.synchronise(project)
    return project


def chosen(ended: act.Ended) -> str:
    """The image that the job gives out."""
    assert ended.exit_code == 0, ended.complaints
    return ended.log("database", "Choose").rpartition("::set-output:: image=")[2].strip()


def test_an_image_that_is_there_is_not_built_again(runs: Runs, image_project: Path) -> None:
    ended = runs.call(image_project, "build-docker-images", STAND_IN_PRESENT="true")

    assert chosen(ended).startswith("ghcr.io/example/sample/database:")
    assert chosen(ended).endswith(f"@{act.DIGEST}")
    assert "Build and push" not in ended.steps("database")
    assert ended.steps("database")["Name it by the commit too"] == "success"
    assert "::warning" not in ended.text


@pytest.mark.parametrize("head", ["Example/Sample", "Other/Sample"])
def test_it_gets_the_name_of_the_commit_too_where_the_token_may_give_it(
    runs: Runs, image_project: Path, tmp_path: Path, head: str
) -> None:
    """Pull requests in a repository that is itself a fork are its own, `fork` or not."""
    project = tmp_path / "project"
    shutil.copytree(image_project, project)
    file = ".github/workflows/build-docker-images.yml"
    text = (project / file).read_text(encoding="utf-8")
    # A called workflow has the event of its caller; act gives it one of its own.
    (project / file).write_text(text.replace("\non:\n", "\non:\n  pull_request:\n", 1))
    act.commit(project)
    repo = {"fork": True, "full_name": head}
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"repo": repo}}}))
    options = ("--workflows", file, "--eventpath", str(event))

    ended = runs.run(project, "pull_request", *options, STAND_IN_PRESENT="true")

    assert chosen(ended).startswith("ghcr.io/example/sample/database:")
    own = head == "Example/Sample"
    assert ("Name it by the commit too" in ended.steps("database")) == own


def test_its_name_changes_with_what_goes_into_it(runs: Runs, image_project: Path) -> None:
    before = chosen(runs.call(image_project, "build-docker-images"))
    workspaces.write_files(image_project, {"README.md": "Not in the image.\n"})
    assert chosen(runs.call(image_project, "build-docker-images")) == before

    workspaces.write_files(image_project, {"docker/db/start.sh": "exec postgres\n"})
    assert chosen(runs.call(image_project, "build-docker-images")) != before


@pytest.mark.parametrize(
    ("failing", "said"),
    [
        ("STAND_IN_LOGIN", "login: failure, build and push: skipped"),
        ("STAND_IN_BUILD", "login: success, build and push: failure"),
    ],
)
def test_the_public_image_stands_in_with_a_warning(
    runs: Runs, image_project: Path, failing: str, said: str
) -> None:
    ended = runs.call(image_project, "build-docker-images", **{failing: "failure"})

    assert chosen(ended) == FALLBACK
    assert f"::warning title=images::{said}; using {FALLBACK} in its place" in ended.text


def test_without_a_fallback_the_sessions_build_it_themselves(runs: Runs) -> None:
    project = runs.project("no-fallback")
    settings = project / ".config" / "tasker-ci.toml"
    text = settings.read_text(encoding="utf-8").replace(FALLBACK, "")
    settings.write_text(text, encoding="utf-8")
    act.synchronise(project)

    ended = runs.call(project, "build-docker-images", STAND_IN_LOGIN="failure")

    assert chosen(ended) == ""
    assert "no fallback is set, so each job builds its own" in ended.text


# The database

COMPOSE = """\
services:
  database:
    image: ${POSTGRES_IMAGE:?}
    ports: ["127.0.0.1:15432:5432"]
    command:
      - sh
      - -euc
      - |
        cd /var/lib/postgresql
        export PATH="$$PATH:/usr/lib/postgresql/15/bin"
        as() { setpriv --reuid postgres --regid postgres --clear-groups "$$@"; }
        as initdb --auth trust --username somebody data >initdb.log
        echo "host all all all trust" >>data/pg_hba.conf
        echo "CREATE DATABASE stock" | as postgres --single -D data postgres
        exec setpriv --reuid postgres --regid postgres --clear-groups \\
          postgres -D data -c listen_addresses=* -c unix_socket_directories=/tmp
"""
WANTS_DATABASE = """\
//! A library.

#[cfg(test)]
mod tests {
    #[test]
    fn the_database_answers() {
        let url = std::env::var("DATABASE_URL").unwrap();
        let place = url.rsplit('@').next().unwrap().split('/').next().unwrap();
        std::net::TcpStream::connect(place.replace("localhost", "127.0.0.1")).unwrap();
    }
}
"""


def test_the_unit_tests_start_the_database_from_the_image_that_images_gives_out(
    runs: Runs, base_image: str
) -> None:
    settings = f"""\
[unit]
services = ["database"]

[integration]
stack = "compose"
ports = "auto"
compose-file = "compose.yml"

[integration.database]
service = "database"
fallback-image = "{base_image}"

[environment.variables]
DATABASE_URL = "postgres://somebody:{service_projects.PASSWORD}@localhost:15432/stock"
"""
    files = {
        ".config/tasker-ci.toml": WITHOUT_SCCACHE + act.SETTINGS + settings,
        ".gitignore": "/target\n",
        "compose.yml": COMPOSE,
        "docker/db/Dockerfile": DOCKERFILE,
        "src/lib.rs": WANTS_DATABASE,
    }
    project = workspaces.write_project(runs.folder / "database", files)
    act.synchronise(project)
    act.replace_jobs(project, {"drift": "true", "quality": "true"})

    ended = runs.run(project, STAND_IN_BUILD="failure")

    assert ended.exit_code == 0, ended.complaints
    assert ended.jobs["unit"] == "success"
    said = ended.log("unit", "unit")
    assert "the_database_answers" in said
    assert base_image in said
    assert ended.steps("unit")["Remove the services"] == "success"


# The matrix, and evidence


def second_toolchain(folder: Path) -> str:
    """A RUSTUP_HOME with this machine's toolchain under two names; the real one is not touched."""
    question = ["rustup", "run", "stable", "rustc", "--print", "sysroot"]
    sysroot = subprocess.run(question, capture_output=True, text=True, check=True).stdout.strip()
    real = Path(os.environ.get("RUSTUP_HOME", Path.home() / ".rustup"))
    (folder / "toolchains").mkdir(parents=True)
    (folder / "toolchains" / Path(sysroot).name).symlink_to(sysroot)
    (folder / "toolchains" / "second").symlink_to(sysroot)
    shutil.copy(real / "settings.toml", folder)
    return str(folder)


def test_every_toolchain_and_shard_runs_its_part(runs: Runs) -> None:
    project = runs.project("matrix", head=WITHOUT_SCCACHE)
    settings = project / ".config" / "tasker-ci.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('toolchains = ["stable"]', 'toolchains = ["stable", "second"]\nshards = 2'),
        encoding="utf-8",
    )
    act.synchronise(project)

    ended = runs.call(project, "test-unit", RUSTUP_HOME=second_toolchain(runs.folder / "rustup"))

    assert ended.exit_code == 0, ended.complaints
    assert reports_of(ended) == {
        f"test-reports-{toolchain}-{shard}": [*examples, f"unit.ci.{toolchain}.slice-{shard}-2.xml"]
        for toolchain in ("second", "stable")
        for shard, examples in ((1, [f"doctest.{toolchain}.xml"]), (2, []))
    }
    for toolchain in ("stable", "second"):
        assert f"cargo +{toolchain} nextest run" in ended.log("unit", "unit")
        reports = ended.artifacts.glob(f"test-reports-{toolchain}-*/unit.*.xml")
        text = "".join(report.read_text(encoding="utf-8") for report in reports)
        assert text.count('name="tests::keys_arrive"') == 1
        assert text.count('name="tests::second"') == 1


def test_failed_services_leave_their_logs_and_nothing_else(runs: Runs) -> None:
    project = runs.project("failing", head=WITHOUT_SCCACHE)
    act.synchronise(project)

    ended = runs.call(project, "test-integration", FAIL="1", POSTGRES_IMAGE="")

    assert ended.jobs == {"integration": "failure"}
    steps = ended.steps("integration")
    assert steps["integration"] == "failure"
    assert steps["Remove the services"] == "success"
    kept = ended.kept()
    assert kept["test-reports-integration"] == ["integration.ci.xml"]
    assert "web.log" in kept["service-logs-integration"]
    assert "nothing to end" in ended.log("integration", "Remove the services")
