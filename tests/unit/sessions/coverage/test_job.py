"""The workflow of coverage: there only where settings ask, with no more rights than it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import generation
import pytest

if TYPE_CHECKING:
    from pathlib import Path

FILE = "test-coverage.yml"
ON = "[coverage]\npipeline = true\n"
UPLOADED = ON + 'upload = "codecov"\n'


def job(folder: Path, settings: str) -> Any:
    return generation.workflows(folder, settings)[FILE]["jobs"]["coverage"]


@pytest.mark.parametrize(
    "off",
    [
        pytest.param("", id="by default"),
        pytest.param("[coverage]\nlines = 80\n", id="with thresholds"),
        pytest.param('[coverage]\nupload = "codecov"\n', id="with an upload"),
    ],
)
def test_switched_off_it_leaves_no_trace_in_any_file(tmp_path: Path, off: str) -> None:
    planned = generation.texts(tmp_path / "a", off)
    assert planned == generation.texts(tmp_path / "b")
    assert not [path for path, text in planned.items() if "coverage" in path or "codecov" in text]


def test_it_waits_for_green_tests_and_the_gate_for_it(tmp_path: Path) -> None:
    jobs = generation.workflows(tmp_path, ON)["ci.yml"]["jobs"]
    assert jobs["coverage"]["needs"] == ["quality", "unit"]
    assert "coverage" in jobs["success"]["needs"]
    assert "coverage=" in jobs["success"]["with"]["results"]


def test_without_an_upload_it_may_only_read(tmp_path: Path) -> None:
    assert job(tmp_path, ON)["permissions"] == {"contents": "read"}
    names = [step["name"] for step in job(tmp_path, ON)["steps"]]
    assert "Upload to codecov" not in names


def test_an_upload_proves_who_it_is_and_needs_no_secret(tmp_path: Path) -> None:
    text = generation.texts(tmp_path, UPLOADED)[f".github/workflows/{FILE}"]
    assert "secrets." not in text
    assert "id-token: write # proves to codecov whose upload it is" in text
    step = generation.step_of(job(tmp_path, UPLOADED), "Upload to codecov")
    # `head.repo.fork` would be true for every branch of a repository that is a fork itself.
    from_a_fork = (
        "github.event_name == 'pull_request'"
        " && github.event.pull_request.head.repo.full_name != github.repository"
    )
    assert step["with"] == {
        "use_oidc": f"${{{{ !({from_a_fork}) }}}}",
        "files": "target/tasker-ci/reports/coverage/lcov.info",
        "disable_search": True,
        "fail_ci_if_error": f"${{{{ !({from_a_fork}) }}}}",
    }
    caller = generation.workflows(tmp_path, UPLOADED)["ci.yml"]["jobs"]
    assert {name for name, call in caller.items() if "id-token" in call.get("permissions", {})} == {
        "coverage"
    }


def test_where_the_programs_have_a_folder_no_component_is_installed(tmp_path: Path) -> None:
    def names(folder: Path, settings: str) -> list[str]:
        return [step["name"] for step in job(folder, settings)["steps"]]

    assert "LLVM's tools" in names(tmp_path / "a", ON)
    assert "LLVM's tools" not in names(tmp_path / "b", ON + 'llvm = "/usr/lib/llvm-22/bin"\n')


def test_what_was_measured_is_kept_below_the_threshold_too(tmp_path: Path) -> None:
    step = generation.step_of(job(tmp_path, ON), "Keep the coverage")
    assert step["if"] == "${{ !cancelled() && steps.ready.outcome == 'success' }}"
    assert step["with"]["path"] == "target/tasker-ci/reports/coverage"


def test_it_has_the_services_of_the_unit_tests(tmp_path: Path) -> None:
    settings = ON + '[unit]\nservices = ["postgres"]\n' + generation.WITH_SERVICES
    found = generation.workflows(tmp_path, settings, generation.DOCKERFILE)
    names = [step["name"] for step in found[FILE]["jobs"]["coverage"]["steps"]]
    assert "Sign in to the registry" in names
    assert "Remove the services" in names
    logs = generation.step_of(found[FILE]["jobs"]["coverage"], "Keep the services' logs")
    assert logs["with"]["name"] == "service-logs-coverage"
    assert found["ci.yml"]["jobs"]["coverage"]["needs"] == ["images", "quality", "unit"]


@pytest.mark.parametrize(("text", "there"), [("TN:\n", "there=true\n"), ("", ""), (None, "")])
def test_the_upload_happens_where_a_report_is_also_outside_of_the_checkout(
    tmp_path: Path, text: str | None, there: str
) -> None:
    """`hashFiles` sees the checkout alone, so it would say that there is none."""
    elsewhere = '[environment.variables]\nCARGO_TARGET_DIR = "/var/built"\n'
    found = job(tmp_path / "a", UPLOADED + elsewhere)
    look = generation.step_of(found, "Report for codecov")
    upload = generation.step_of(found, "Upload to codecov")
    assert look["env"] == {"REPORT": "/var/built/tasker-ci/reports/coverage/lcov.info"}
    assert upload["with"]["files"] == look["env"]["REPORT"]
    assert f"steps.{look['id']}.outputs.there == 'true'" in upload["if"]

    report = tmp_path / "lcov.info"
    if text is not None:
        report.write_text(text, encoding="utf-8")
    ended = generation.run_script(look["run"], tmp_path, {"REPORT": str(report)})
    assert (ended.exit_code, ended.output) == (0, there)
