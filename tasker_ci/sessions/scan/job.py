"""The workflow that scans images: the action scans, the session judges by the project's rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.sessions.scan.settings import ScanSettings
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.yaml import Remarked
from tasker_ci.workflows.checked import checked
from tasker_ci.workflows.job_steps import NOT_SCRIPTED
from tasker_ci.workflows.model import Job, Step, Workflow, expression
from tasker_ci.workflows.session_job import IMAGE_INPUT, permissions, runner, sign_in

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory

_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*")
_OWN = expression("steps.database.outputs.image")
_REGISTRY = "ghcr.io/"

IMAGE_SCRIPT = """\
if [ -z "$IMAGE" ]; then
  tasker-ci images --json | tee "$RUNNER_TEMP/images.json"
  IMAGE="$(python -c 'import json, sys; print(json.load(sys.stdin)["database"]["image"])' \\
    <"$RUNNER_TEMP/images.json")"
fi
echo "image=$IMAGE" >>"$GITHUB_OUTPUT"
"""
"""Where none was built for all jobs, this one builds its own, as they do, and scans that."""


def scan_workflow(steps: StepFactory) -> Workflow:
    """One scan for each image. An image whose report is missing was not scanned, which is red."""
    own = (_OWN,) if steps.inputs.image else ()
    others = tuple(_checked(name) for name in steps.inputs.settings.of(ScanSettings).images)
    images = (*own, *others)
    if not images:
        raise SettingsError(
            "`scan.pipeline` is set, and there is no image to scan: none of a database is built, "
            "and `scan.images` is empty.",
            next_step=f"Name one there, or take it out of {SETTINGS_FILE}.",
        )
    reports = [f"scan-{place}.json" for place in range(1, len(images) + 1)]
    words = [word for report in reports for word in ("--report", report)]
    job = Job(
        name="Images",
        runner=runner(steps),
        minutes=steps.minutes,
        permissions={**permissions(steps, own), **_pulls(others)},
        env=dict(NOT_SCRIPTED),
        steps=(
            steps.checkout(),
            *steps.python(()),
            *((steps.sign_in(),) if _pulls(others) else sign_in(steps, own)),
            *((_database(),) if own else ()),
            *(_scan(steps, image, report) for image, report in zip(images, reports, strict=True)),
            steps.session("scan", *words, condition="!cancelled()"),
            steps.upload(
                "Keep the reports",
                "image-scans",
                "scan-*.json",
                condition="!cancelled()",
                absent="warn",
            ),
        ),
    )
    return Workflow(
        file=steps.file_of("scan"),
        name="Image scan",
        purpose="What the images hold against the known vulnerabilities.",
        inputs=IMAGE_INPUT if own else {},
        jobs={"scan": job},
    )


def _pulls(images: tuple[str, ...]) -> dict[str, str]:
    """What the token needs for images that may be private in GitHub's registry."""
    if not any(image.startswith(_REGISTRY) for image in images):
        return {}
    return {"packages": Remarked("read", "pulls the images that are scanned")}


def _database() -> Step:
    return Step(
        name="Image of the database",
        id="database",
        env={"IMAGE": expression("inputs.postgres-image")},
        run=IMAGE_SCRIPT,
    )


def _scan(steps: StepFactory, image: str, report: str) -> Step:
    return Step(
        name="Scan the image of the database" if image == _OWN else f"Scan {image}",
        uses=steps.actions["aquasecurity/trivy-action"],
        inputs={
            "scan-type": "image",
            "image-ref": image,
            "scanners": "vuln",
            "format": "json",
            "output": report,
            "exit-code": "0",  # the session judges
            "timeout": f"{steps.inputs.settings.of(ScanSettings).seconds}s",
        },
        env={"TRIVY_SHOW_SUPPRESSED": "true"},  # by .trivyignore, which the session tells
    )


def _checked(image: str) -> str:
    return checked(image, _IMAGE, setting="scan.images", what="name of an image")
