"""The workflows as data: what runs after what, with which rights, in which order."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import generation
import pytest

from tasker_ci.errors import SettingsError
from tasker_ci.sessions import ROWS, SESSIONS
from tasker_ci.workflows.plan import planned_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ALL = {
    "ci.yml",
    "build-docker-images.yml",
    "code-quality.yml",
    "test-unit.yml",
    "test-integration.yml",
    "ci-success.yml",
}


def names_of(job: Mapping[str, Any]) -> list[str]:
    return [step["name"] for step in job["steps"]]


# Which there are


def test_every_stage_is_a_workflow_between_the_orchestrator_and_the_gate(tmp_path: Path) -> None:
    assert set(generation.full(tmp_path)) == ALL


def test_without_services_there_is_neither_an_image_nor_an_integration(tmp_path: Path) -> None:
    absent = {"build-docker-images.yml", "test-integration.yml"}
    documents = generation.workflows(tmp_path)

    assert set(documents) == ALL - absent
    assert list(documents["ci.yml"]["jobs"]) == ["drift", "quality", "unit", "success"]


def test_without_a_dockerfile_there_is_an_integration_and_no_image(tmp_path: Path) -> None:
    documents = generation.workflows(tmp_path, generation.WITH_SERVICES)

    assert set(documents) == ALL - {"build-docker-images.yml"}
    assert "with" not in documents["ci.yml"]["jobs"]["integration"]
    assert documents["test-integration.yml"]["jobs"]["integration"]["permissions"] == {
        "contents": "read"
    }


def test_the_same_settings_make_the_same_bytes(tmp_path: Path) -> None:
    inputs = generation.inputs_of(tmp_path, generation.WITH_SERVICES, generation.DOCKERFILE)

    assert planned_files(inputs) == planned_files(inputs)


# The orchestrator


@pytest.mark.parametrize("flow", ["staged", "flat"])
@pytest.mark.parametrize("services", [True, False])
def test_jobs_need_what_the_pipeline_says(tmp_path: Path, flow: str, *, services: bool) -> None:
    settings = f'pipeline.flow = "{flow}"\n' + (generation.WITH_SERVICES if services else "")
    inputs = generation.inputs_of(tmp_path, settings, generation.DOCKERFILE if services else {})
    jobs = generation.workflows(tmp_path, settings)["ci.yml"]["jobs"]

    for stage in inputs.stages:
        # An output can be read from a job alone that is needed directly.
        image = {"images"} if stage.name == "integration" else set()
        assert set(jobs[stage.name].get("needs", ())) == {*stage.needs, *image}
    assert jobs["success"]["needs"] == [name for name in jobs if name != "success"]
    assert "needs" not in jobs["drift"]


def test_staged_is_images_beside_quality_and_unit_then_integration(tmp_path: Path) -> None:
    jobs = generation.full(tmp_path)["ci.yml"]["jobs"]

    assert [name for name, job in jobs.items() if "needs" not in job] == [
        *("drift", "images", "quality", "unit"),
    ]
    assert set(jobs["integration"]["needs"]) == {"images", "quality", "unit"}


def test_only_what_starts_services_waits_for_their_image(tmp_path: Path) -> None:
    documents = generation.full(tmp_path, 'unit.services = ["postgres"]\n')
    jobs = documents["ci.yml"]["jobs"]

    assert jobs["unit"]["needs"] == ["images"]
    assert "needs" not in jobs["quality"]
    assert documents["code-quality.yml"]["on"] == {"workflow_call": None}


def test_flat_waits_for_the_image_alone(tmp_path: Path) -> None:
    jobs = generation.full(tmp_path, 'pipeline.flow = "flat"\n')["ci.yml"]["jobs"]

    assert set(jobs["integration"]["needs"]) == {"images"}


def test_it_starts_on_pushes_pull_requests_and_merge_groups_and_by_hand(tmp_path: Path) -> None:
    document = generation.workflows(tmp_path, 'workflows.branches = ["main", "release/*"]\n')

    assert document["ci.yml"]["on"] == {
        "push": {"branches": ["main", "release/*"]},
        "pull_request": {"branches": ["main", "release/*"]},
        "merge_group": None,
        "workflow_dispatch": None,
    }


def test_it_alone_has_concurrency_and_cancels_pull_requests_alone(tmp_path: Path) -> None:
    documents = generation.full(tmp_path)

    assert [name for name, each in documents.items() if "concurrency" in each] == ["ci.yml"]
    concurrency = documents["ci.yml"]["concurrency"]
    assert concurrency["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
    # GitHub cancels what waits in a group: two pushes to main must not share one.
    assert concurrency["group"] == "ci-${{ github.event.pull_request.number || github.run_id }}"


def test_it_alone_has_events_of_its_own(tmp_path: Path) -> None:
    documents = generation.full(tmp_path)
    del documents["ci.yml"]

    assert all(list(document["on"]) == ["workflow_call"] for document in documents.values())


def test_a_job_that_only_the_gate_waits_for_checks_the_files_themselves(tmp_path: Path) -> None:
    jobs = generation.full(tmp_path)["ci.yml"]["jobs"]

    assert names_of(jobs["drift"])[-2:] == ["Tool actionlint", "workflows"]
    assert jobs["drift"]["steps"][-2]["continue-on-error"] is True
    assert [name for name, job in jobs.items() if "drift" in job.get("needs", ())] == ["success"]


def test_the_image_goes_from_the_job_that_built_it_to_all_that_run_services(
    tmp_path: Path,
) -> None:
    documents = generation.full(tmp_path, 'unit.services = ["postgres"]\n')
    jobs = documents["ci.yml"]["jobs"]

    for stage in ("unit", "integration"):
        image = "${{ needs.images.outputs.postgres-image }}"
        assert jobs[stage]["with"] == {"postgres-image": image}
    for file, job, session in (
        ("test-unit.yml", "unit", "unit"),
        ("test-integration.yml", "integration", "integration"),
    ):
        step = generation.step_of(documents[file]["jobs"][job], session)
        assert step["env"]["POSTGRES_IMAGE"] == "${{ inputs.postgres-image }}"
    assert "env" not in generation.step_of(documents["test-unit.yml"]["jobs"]["unit"], "doctest")


def test_references_are_local_in_the_form_of_the_setting(tmp_path: Path) -> None:
    documents = generation.full(tmp_path, 'workflows.references = "$/"\n')

    calls = [job["uses"] for job in documents["ci.yml"]["jobs"].values() if "uses" in job]
    assert "$/.github/workflows/ci-success.yml" in calls
    assert all(call.startswith("$/.github/workflows/") for call in calls)
    step = generation.step_of(documents["code-quality.yml"]["jobs"]["quality"], "Environment")
    assert step["uses"] == "$/.github/actions/setup-env"


# All jobs


def test_nothing_is_allowed_but_what_a_job_asks_for(tmp_path: Path) -> None:
    documents = generation.full(tmp_path)

    assert all(document["permissions"] == {} for document in documents.values())
    for name, job in generation.jobs_of(documents):
        rights = dict(job.get("permissions", {}))
        assert rights.pop("contents", "read") == "read"
        allowed = {"build-docker-images.yml": {"packages": "write"}}.get(name)
        assert rights in ({}, {"packages": "read"}, allowed) or name == "ci.yml"


def test_a_call_has_the_rights_that_its_jobs_ask_for(tmp_path: Path) -> None:
    documents = generation.full(tmp_path)

    for call in documents["ci.yml"]["jobs"].values():
        if "uses" in call:
            (job,) = documents[call["uses"].rpartition("/")[2]]["jobs"].values()
            assert call.get("permissions") == job.get("permissions")


def test_every_job_with_steps_has_a_timeout_and_no_call_has(tmp_path: Path) -> None:
    documents = generation.full(tmp_path, "workflows.minutes = 17\n")

    for _, job in generation.jobs_of(documents):
        assert ("timeout-minutes" in job) == ("steps" in job)
    assert documents["test-unit.yml"]["jobs"]["unit"]["timeout-minutes"] == 17


@pytest.mark.parametrize(
    "setting", ["minutes = 0", "minutes = -1", "shards = 0", "shards = 33", "minutes = 100000"]
)
def test_numbers_that_github_cannot_count_with_are_refused(tmp_path: Path, setting: str) -> None:
    with pytest.raises(SettingsError, match=f"`workflows.{setting.partition(' ')[0]}` is"):
        generation.texts(tmp_path, f"workflows.{setting}\n")


def test_every_action_is_pinned_by_its_sha_with_the_version_beside_it(tmp_path: Path) -> None:
    for path, text in generation.texts(
        tmp_path, generation.WITH_SERVICES, generation.DOCKERFILE
    ).items():
        for line in text.splitlines():
            if path.endswith(".yml") and " uses: " in line and " ./" not in line:
                assert re.fullmatch(r" +uses: [\w/-]+@[0-9a-f]{40} # v\d+(\.\d+){2}", line), line


def test_no_script_holds_an_expression(tmp_path: Path) -> None:
    documents = generation.full(tmp_path)

    for _, step in generation.steps_of(documents):
        assert "${{" not in step.get("run", "")


def test_the_token_does_not_stay_in_the_checkout(tmp_path: Path) -> None:
    checkouts = [
        step
        for _, step in generation.steps_of(generation.full(tmp_path))
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert len(checkouts) == 5
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)


def test_jobs_run_where_the_setting_says(tmp_path: Path) -> None:
    documents = generation.full(tmp_path, 'workflows.runner = ["self-hosted", "linux"]\n')

    for _, job in generation.jobs_of(documents):
        assert job.get("runs-on", ["self-hosted", "linux"]) == ["self-hosted", "linux"]


# Jobs with sessions


def with_sessions(documents: Mapping[str, Any]) -> list[Any]:
    return [
        documents[file]["jobs"][job]
        for file, job in (
            ("code-quality.yml", "quality"),
            ("test-unit.yml", "unit"),
            ("test-integration.yml", "integration"),
        )
    ]


def test_they_begin_alike_and_the_environment_comes_before_the_cache(tmp_path: Path) -> None:
    # rust-cache makes its key of the environment, and sccache's action hands over credentials.
    for job in with_sessions(generation.full(tmp_path)):
        assert names_of(job)[:9] == [
            *("Check out", "Rust toolchain", "sccache", "Environment"),
            *("Cache of the dependencies", "Python", LOCKING, "Install the sessions", "Tools"),
        ]


def test_sessions_are_called_by_the_words_that_a_person_types(tmp_path: Path) -> None:
    for job in with_sessions(generation.full(tmp_path)):
        assert job["env"]["NOX_SCRIPT_MODE"] == "none"
        for step in job["steps"]:
            words = step.get("run", "")
            if step.get("id") in SESSIONS:
                assert words.startswith(f"exec nox -s {step['id']}")
            elif step["name"] not in {"Rust toolchain", LOCKING, "Install the sessions"}:
                assert words == "" or words.startswith("exec nox -s ")


def test_every_session_of_a_stage_is_a_step_and_hides_no_other(tmp_path: Path) -> None:
    documents = generation.full(tmp_path)
    for job, stage in zip(
        with_sessions(documents), ("quality", "unit", "integration"), strict=True
    ):
        of_stage = [name for name, row in SESSIONS.items() if row.stage == stage]
        members = [name for name in of_stage if name in ROWS.default or stage == "integration"]
        steps = [step for step in job["steps"] if step.get("id") in members]
        assert [step["id"] for step in steps] == members
        condition = "${{ !cancelled() && steps.ready.outcome == 'success'"
        assert all(step["if"].startswith(condition) for step in steps)
        assert all("continue-on-error" not in step for step in steps)


def test_artifacts_are_kept_as_long_as_the_setting_says(tmp_path: Path) -> None:
    def days(settings: str) -> set[object]:
        steps = (step for _, step in generation.steps_of(generation.full(tmp_path, settings)))
        uploads = [step for step in steps if "/upload-artifact@" in step.get("uses", "")]
        return {step["with"].get("retention-days") for step in uploads}

    assert days("") == {None}
    assert days("workflows.retention-days = 14\n") == {14}
    with pytest.raises(SettingsError, match="retention-days"):
        days("workflows.retention-days = 401\n")


def test_where_code_does_not_compile_no_later_step_says_it_again(tmp_path: Path) -> None:
    documents = generation.full(tmp_path)
    quality = documents["code-quality.yml"]["jobs"]["quality"]
    unit = documents["test-unit.yml"]["jobs"]["unit"]

    def waits(job: Mapping[str, Any], name: str) -> list[str]:
        return re.findall(r"steps\.(\w+)\.outputs\.compiles", generation.step_of(job, name)["if"])

    assert [waits(quality, name) for name in ("fmt", "clippy", "doc", "audit")] == [
        *([], [], ["clippy"], []),
    ]
    assert waits(unit, "unit") == []
    assert waits(unit, "doctest") == ["unit"]
    kept = generation.step_of(unit, "Keep the test reports")["with"]["if-no-files-found"]
    assert kept == "${{ steps.unit.outcome == 'success' && 'error' || 'warn' }}"


def test_each_cache_has_one_writer_that_writes_on_pushes_alone(tmp_path: Path) -> None:
    inputs = [
        generation.step_of(job, "Cache of the dependencies")["with"]
        for job in with_sessions(generation.full(tmp_path, "workflows.shards = 2\n"))
    ]
    assert {each["shared-key"]: each["save-if"] for each in inputs} == {
        "tasker-ci-check": "${{ github.event_name == 'push' }}",
        "tasker-ci-build-${{ matrix.toolchain }}": (
            "${{ github.event_name == 'push' && matrix.shard == 1 }}"
        ),
        "tasker-ci-build-stable": "false",
    }


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ('workflows.toolchains = ["1.90", "stable"]\n', "1.90"),
        ('toolchain = "stable"\nworkflows.toolchains = ["1.90", "stable"]\n', "stable"),
        ('toolchain = "nightly"\nworkflows.toolchains = ["1.90", "stable"]\n', "1.90"),
    ],
)
def test_integration_finds_what_the_unit_tests_of_its_toolchain_built(
    tmp_path: Path, settings: str, found: str
) -> None:
    job = generation.full(tmp_path, settings)["test-integration.yml"]["jobs"]["integration"]

    key = generation.step_of(job, "Cache of the dependencies")["with"]["shared-key"]
    assert key == f"tasker-ci-build-{found}"


def test_sccache_stores_on_pushes_alone(tmp_path: Path) -> None:
    optional = "".join(f"[{name}]\npipeline = true\n" for name in ("coverage", "bench"))
    documents = generation.full(tmp_path, optional)

    mode = "${{ github.event_name == 'push' && 'READ_WRITE' || 'READ_ONLY' }}"
    compiling = [
        job
        for _, job in generation.jobs_of(documents)
        if "sccache" in names_of({"steps": [], **job})
    ]
    assert len(compiling) == 5
    assert all(job["env"]["SCCACHE_GHA_RW_MODE"] == mode for job in compiling)


def test_packages_of_python_are_cached_by_the_lock_that_names_them(tmp_path: Path) -> None:
    documents = generation.full(tmp_path, "review.pipeline = true\n")
    given = [
        each["with"]
        for name, each in generation.steps_of(documents)
        if each["name"] == "Python" and name != "ci.yml"
    ]

    assert {each["cache"] for each in given} == {"pip"}
    assert {each["cache-dependency-path"] for each in given} == {
        ".github/tasker-ci.lock",
        ".github/tasker-ci-native.lock",
    }
    settings = 'workflows.lock = ""\nworkflows.install = ["pip", "install", "mine"]\n'
    plain = generation.full(tmp_path, settings)["code-quality.yml"]["jobs"]["quality"]
    assert generation.step_of(plain, "Python")["with"] == {"python-version": "3.12"}


def test_sccache_is_pinned_and_may_fail_and_its_statistics_are_kept(tmp_path: Path) -> None:
    for job in with_sessions(generation.full(tmp_path)):
        step = generation.step_of(job, "sccache")
        assert step["continue-on-error"] is True
        assert re.fullmatch(r"v\d+\.\d+\.\d+", step["with"]["version"])
        statistics = generation.step_of(job, "cache")
        kept = generation.step_of(job, "Keep sccache's statistics")
        assert statistics["run"] == "exec nox -s cache -- --output sccache-statistics.json\n"
        assert statistics["if"] == kept["if"]
        assert kept["if"].endswith("env.RUSTC_WRAPPER == 'sccache' }}")
        assert kept["with"]["path"] == "sccache-statistics.json"


def test_without_sccache_it_is_not_installed(tmp_path: Path) -> None:
    for job in with_sessions(generation.full(tmp_path, 'sccache = "off"\n')):
        assert "sccache" not in names_of(job)
        assert "SCCACHE_GHA_RW_MODE" not in job["env"]


SYSTEMS = 'workflows.runners = ["ubuntu-24.04", "macos-15", "windows-2025"]\n'


def test_the_unit_tests_run_on_each_system_and_some_may_fail(tmp_path: Path) -> None:
    may_fail = 'workflows.may-fail = ["beta", "windows-2025"]\n'
    job = generation.workflows(tmp_path, SYSTEMS + may_fail)["test-unit.yml"]["jobs"]["unit"]
    assert job["runs-on"] == "${{ matrix.runner }}"
    assert job["strategy"]["matrix"]["runner"] == ["ubuntu-24.04", "macos-15", "windows-2025"]
    assert job["continue-on-error"] == (
        "${{ matrix.toolchain == 'beta' || matrix.runner == 'windows-2025' }}"
    )
    assert job["name"] == "Unit tests (${{ matrix.toolchain }}-${{ matrix.runner }})"
    kept = [step["with"]["name"] for step in job["steps"] if "upload" in step.get("uses", "")]
    assert kept
    assert all("${{ matrix.runner }}" in name for name in kept), "each leg keeps its own"


def test_on_windows_unit_and_doctest_run(tmp_path: Path) -> None:
    job = generation.workflows(tmp_path, SYSTEMS)["test-unit.yml"]["jobs"]["unit"]
    conditions = {step["id"]: step["if"] for step in job["steps"] if "if" in step and "id" in step}
    left_out = [name for name, condition in conditions.items() if "'Windows'" in condition]
    assert left_out == ["examples", "inventory"]


def test_where_all_systems_may_fail_or_one_has_no_services_that_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="names every runner"):
        generation.texts(tmp_path, 'workflows.runners = ["a"]\nworkflows.may-fail = ["a"]\n')
    with pytest.raises(SettingsError, match="which the runner windows-2025 cannot"):
        generation.texts(tmp_path, SYSTEMS + 'unit.services = ["postgres"]\n')


def test_the_matrix_has_the_toolchains_and_lets_some_fail(tmp_path: Path) -> None:
    job = generation.full(tmp_path)["test-unit.yml"]["jobs"]["unit"]

    assert job["strategy"] == {"fail-fast": False, "matrix": {"toolchain": ["stable", "beta"]}}
    assert job["continue-on-error"] == "${{ matrix.toolchain == 'beta' }}"
    assert job["env"]["TASKER_CI_TOOLCHAIN"] == "${{ matrix.toolchain }}"


def test_a_version_of_a_toolchain_stays_text(tmp_path: Path) -> None:
    documents = generation.workflows(tmp_path, 'workflows.toolchains = ["1.80", "1e3", "0x1F"]\n')

    matrix = documents["test-unit.yml"]["jobs"]["unit"]["strategy"]["matrix"]
    assert matrix == {"toolchain": ["1.80", "1e3", "0x1F"]}


def test_one_toolchain_may_not_be_let_off(tmp_path: Path) -> None:
    job = generation.workflows(tmp_path, 'workflows.toolchains = ["stable"]\n')["test-unit.yml"]
    assert "continue-on-error" not in job["jobs"]["unit"]

    with pytest.raises(SettingsError, match="names every toolchain"):
        generation.texts(tmp_path, 'workflows.toolchains = ["beta"]\n')


def test_shards_divide_the_unit_tests_and_nothing_else(tmp_path: Path) -> None:
    documents = generation.full(tmp_path, "workflows.shards = 3\n")
    job = documents["test-unit.yml"]["jobs"]["unit"]

    assert job["strategy"]["matrix"]["shard"] == [1, 2, 3]
    unit = generation.step_of(job, "unit")
    assert unit["run"] == 'exec nox -s unit -- --partition "slice:$SHARD/3"\n'
    assert unit["env"]["SHARD"] == "${{ matrix.shard }}"
    assert generation.step_of(job, "doctest")["if"].endswith("&& matrix.shard == 1 }}")
    assert generation.step_of(job, "Keep the test reports")["with"]["name"] == (
        "test-reports-${{ matrix.toolchain }}-${{ matrix.shard }}"
    )


def test_a_job_that_is_run_again_puts_its_artifacts_over_those_of_the_first_attempt(
    tmp_path: Path,
) -> None:
    uploads = [
        step["with"]
        for _, step in generation.steps_of(generation.full(tmp_path, "workflows.shards = 2\n"))
        if step.get("uses", "").startswith("actions/upload-artifact@")
    ]

    assert len(uploads) == 9
    assert all(values["overwrite"] is True for values in uploads)


def test_services_are_removed_whatever_happened_and_their_logs_are_kept(tmp_path: Path) -> None:
    job = generation.full(tmp_path)["test-integration.yml"]["jobs"]["integration"]

    teardown = generation.step_of(job, "Remove the services")
    assert teardown["if"] == "${{ always() && steps.ready.outcome == 'success' }}"
    assert teardown["run"] == "exec nox -s down -- --all\n"
    logs = generation.step_of(job, "Keep the services' logs")
    assert logs["if"] == "${{ failure() || cancelled() }}"
    assert logs["with"]["path"] == "target/tasker-ci/logs"
    absent = generation.step_of(job, "Keep the test reports")["with"]["if-no-files-found"]
    assert absent == "${{ steps.integration.outcome == 'success' && 'error' || 'warn' }}"


def test_logs_are_kept_of_every_job_that_starts_services(tmp_path: Path) -> None:
    settings = 'unit.services = ["postgres"]\nclippy.services = ["postgres"]\n'
    documents = generation.full(tmp_path, settings)
    plain = generation.workflows(tmp_path / "plain")

    kept = {
        file: generation.step_of(job, "Keep the services' logs")["with"]["name"]
        for file, job in generation.jobs_of(documents)
        if file in {"code-quality.yml", "test-unit.yml", "test-integration.yml"}
    }

    assert kept == {
        "code-quality.yml": "service-logs-quality",
        "test-unit.yml": "service-logs-unit-${{ matrix.toolchain }}",
        "test-integration.yml": "service-logs-integration",
    }
    assert all(step["name"] != "Keep the services' logs" for _, step in generation.steps_of(plain))


@pytest.mark.parametrize(
    ("settings", "files", "target", "cached"),
    [
        ("", {}, "target", ". -> target"),
        ('workspace = "rust"\n', {"rust/Cargo.toml": ""}, "rust/target", "rust -> target"),
        (
            'workspace = "rust"\n',
            {".cargo/config.toml": '[build]\ntarget-dir = "built"\n'},
            "built",
            "rust -> ../built",
        ),
        (
            '[environment.variables]\nCARGO_TARGET_DIR = "/var/built"\n',
            {},
            "/var/built",
            ". -> /var/built",
        ),
    ],
)
def test_reports_are_looked_for_where_cargo_builds(
    tmp_path: Path, settings: str, files: dict[str, str], target: str, cached: str
) -> None:
    job = generation.workflows(tmp_path, settings, files)["test-unit.yml"]["jobs"]["unit"]

    reports = generation.step_of(job, "Keep the test reports")["with"]["path"]
    assert reports == f"{target}/tasker-ci/reports/*.xml"
    assert generation.step_of(job, "Cache of the dependencies")["with"]["workspaces"] == cached


@pytest.mark.parametrize(
    ("settings", "files", "source"),
    [
        ("", {".cargo/config.toml": '[build]\ntarget-dir = "../shared"\n'}, "config.toml"),
        ('[environment.variables]\nCARGO_TARGET_DIR = "../shared"\n', {}, "CARGO_TARGET_DIR"),
    ],
)
def test_no_file_names_a_place_that_depends_on_where_the_checkout_is(
    tmp_path: Path, settings: str, files: dict[str, str], source: str
) -> None:
    with pytest.raises(SettingsError, match=r"'\.\./shared', which leads out") as caught:
        generation.texts(tmp_path, settings, files)

    assert source in caught.value.message
    assert str(tmp_path.parent) not in caught.value.message
    assert caught.value.next_step


def test_a_folder_that_only_begins_with_dots_is_within_the_project(tmp_path: Path) -> None:
    files = {".cargo/config.toml": '[build]\ntarget-dir = "..built"\n'}
    job = generation.workflows(tmp_path, "", files)["test-unit.yml"]["jobs"]["unit"]
    reports = generation.step_of(job, "Keep the test reports")["with"]["path"]
    assert reports == "..built/tasker-ci/reports/*.xml"


def test_every_job_with_sessions_keeps_the_history_of_its_runs(tmp_path: Path) -> None:
    for job in with_sessions(generation.full(tmp_path)):
        kept = generation.step_of(job, "Keep the history of the runs")
        assert kept["with"]["name"].startswith("history-")
        assert kept["with"]["path"] == ".tasker-ci/history"
        assert kept["with"]["include-hidden-files"] is True  # the folder begins with a dot
    for job in with_sessions(generation.full(tmp_path, "[history]\nkeep = 0\n")):
        assert "Keep the history of the runs" not in [step["name"] for step in job["steps"]]


def test_pull_requests_run_the_tests_of_affected_packages_where_the_setting_asks(
    tmp_path: Path,
) -> None:
    (job,) = generation.full(tmp_path)["test-unit.yml"]["jobs"].values()
    assert generation.step_of(job, "unit")["run"] == "exec nox -s unit\n"
    assert "fetch-depth" not in generation.step_of(job, "Check out")["with"]
    written = generation.full(tmp_path, "[workflows]\naffected = true\n")
    (job,) = written["test-unit.yml"]["jobs"].values()
    assert generation.step_of(job, "unit")["run"] == "exec nox -s unit -- --affected\n"
    assert generation.step_of(job, "doctest")["run"] == "exec nox -s doctest -- --affected\n"
    assert generation.step_of(job, "examples")["run"] == "exec nox -s examples\n"
    assert generation.step_of(job, "Check out")["with"]["fetch-depth"] == 0


def test_examples_that_need_services_make_their_session_one_that_does(tmp_path: Path) -> None:
    example = '[examples.run.demo]\nservices = ["postgres"]\n'
    assert not generation.inputs_of(tmp_path).needs_services("examples")
    assert generation.inputs_of(tmp_path, example).needs_services("examples")


def test_a_job_installs_the_tool_for_migrations_only_where_something_migrates(
    tmp_path: Path,
) -> None:
    def tools(settings: str) -> str:
        (job,) = generation.workflows(tmp_path, settings)["code-quality.yml"]["jobs"].values()
        return str(generation.step_of(job, "Tools")["run"])

    without = "--tool cargo-nextest --tool cargo-audit --tool sccache"
    assert tools("") == f"exec nox -s tools -- {without}\n"
    assert tools('preset = "tasker"\n') == "exec nox -s tools\n"


# What a job installs


def installed(folder: Path, settings: str = "", step: str = "Install the sessions") -> Any:
    """What a step installs, by the file and without what all such commands have in common."""
    found = generation.full(folder, settings)
    return {
        file: each["run"].strip().rpartition(" ")[2].strip("'")
        for file, each in generation.steps_of(found)
        if each["name"] == step
    }


LOCKING = "Install what the lock names"
LOCK, WITH_POSTGRESQL = ".github/tasker-ci.lock", ".github/tasker-ci-native.lock"


def test_a_job_installs_postgresql_only_where_a_session_may_start_one(tmp_path: Path) -> None:
    scan = '[scan]\npipeline = true\nimages = ["registry.example/one:1"]\n'
    assert installed(tmp_path, scan, LOCKING) == {
        "ci.yml": LOCK,
        "code-quality.yml": LOCK,
        "test-unit.yml": LOCK,
        "test-integration.yml": WITH_POSTGRESQL,
        "scan-images.yml": LOCK,
    }
    for session, file in (("clippy", "code-quality.yml"), ("doctest", "test-unit.yml")):
        found = installed(tmp_path, f'[{session}]\nservices = ["postgres"]\n', LOCKING)
        assert found[file] == WITH_POSTGRESQL


@pytest.mark.parametrize("optional", ["coverage", "bench"])
def test_optional_jobs_install_it_by_the_same_rule(tmp_path: Path, optional: str) -> None:
    file = {"coverage": "test-coverage.yml", "bench": "benchmarks.yml"}[optional]
    wanted = f"[{optional}]\npipeline = true\n"

    assert installed(tmp_path, wanted, LOCKING)[file] == LOCK
    services = {
        "coverage": f'{wanted}[unit]\nservices = ["postgres"]\n',
        "bench": f'{wanted}services = ["postgres"]\n',
    }[optional]
    assert installed(tmp_path, services, LOCKING)[file] == WITH_POSTGRESQL


def test_neither_docker_alone_nor_services_without_a_database_need_it(tmp_path: Path) -> None:
    compose = generation.WITH_SERVICES.replace(
        "[integration]\n", '[integration]\nstack = "compose"\n'
    )
    no_database = '[integration]\ntargets = ["sample::end_to_end"]\n'
    for settings in (compose, no_database):
        documents = generation.workflows(tmp_path, settings)
        (job,) = documents["test-integration.yml"]["jobs"].values()
        assert generation.step_of(job, LOCKING)["run"] == (
            "python -m pip install --no-deps --require-hashes --only-binary :all: "
            f"--requirement {LOCK}"
        )
        command = generation.step_of(job, "Install the sessions")["run"]
        assert command == shlex.join(generation.ORIGIN)


def test_an_install_command_of_ones_own_rules(tmp_path: Path) -> None:
    own = '[workflows]\ninstall = ["pip", "install", "mine[all]=={version}"]\n'
    assert set(installed(tmp_path, own).values()) == {"mine[all]==1.2.3"}

    with_place = '[workflows]\ninstall = ["pip", "install", "mine{extras}"]\n'
    assert installed(tmp_path, with_place)["test-integration.yml"] == "mine[native,tools]"
