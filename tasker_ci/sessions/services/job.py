"""The workflow that builds the database's image, or says which one stands in for it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.text.yaml import Remarked
from tasker_ci.workflows.checked import checked
from tasker_ci.workflows.forks import FROM_ANOTHER_REPOSITORY
from tasker_ci.workflows.model import Job, Step, Workflow, expression
from tasker_ci.workflows.session_job import runner

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory

REGISTRY = "ghcr.io"

_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*")

_MAY_PUSH = f"steps.sign-in.outcome == 'success' && !({FROM_ANOTHER_REPOSITORY})"
"""Whatever the job asks for, GitHub lets the token of a fork's pull request read alone."""

NAME_SCRIPT = """\
repository="$REGISTRY/$(printf '%s' "$REPOSITORY" | tr '[:upper:]' '[:lower:]')/database"
echo "content=$repository:$CONTENT" >>"$GITHUB_OUTPUT"
echo "commit=$repository:sha-$COMMIT" >>"$GITHUB_OUTPUT"
"""

PRESENT_SCRIPT = """\
if docker manifest inspect "$IMAGE" >/dev/null 2>&1; then
  echo "$IMAGE is there already"
  echo "present=true" >>"$GITHUB_OUTPUT"
else
  echo "present=false" >>"$GITHUB_OUTPUT"
fi
"""

TAG_SCRIPT = """\
if docker buildx imagetools create --prefer-index=false --tag "$COMMIT" "$IMAGE"; then
  exit
fi
echo "without buildx the image has to come here first"
if docker pull "$IMAGE" && docker tag "$IMAGE" "$COMMIT" && docker push "$COMMIT"; then
  exit
fi
echo "::warning title=images::$IMAGE did not get the name $COMMIT too; nothing else needs that name"
"""
"""The registry gives a name to what it has already; no layer is moved."""

CHOOSE_SCRIPT = """\
hand_on() { # hand_on IMAGE: by its digest, so that all jobs have the very same
  local digest=$DIGEST
  case "$1" in *@sha256:*) echo "image=$1" >>"$GITHUB_OUTPUT"; return ;; esac
  if [ -z "$digest" ]; then
    digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$1") || digest=''
  fi
  if [ -z "$digest" ] && docker pull "$1"; then
    digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$1") || digest=''
    digest=${digest##*@}
  fi
  case "$digest" in
    sha256:*) echo "image=$1@$digest" >>"$GITHUB_OUTPUT" ;;
    *)
      echo "::warning title=images::$1 has no digest that could be read: jobs use its name"
      echo "image=$1" >>"$GITHUB_OUTPUT" ;;
  esac
}
if [ "$PRESENT" = true ] || [ "$BUILD" = success ]; then
  hand_on "$IMAGE"
  exit
fi
if [ -n "$FALLBACK" ]; then
  instead="using $FALLBACK in its place"
else
  instead="no fallback is set, so each job builds its own"
fi
echo "::warning title=images::login: $LOGIN, build and push: $BUILD; $instead"
if [ -z "$FALLBACK" ]; then
  echo "image=" >>"$GITHUB_OUTPUT"
  exit
fi
hand_on "$FALLBACK"
"""
"""Without an image and without a fallback the sessions build what they need, as on a laptop.

A name may mean another image in a minute; a digest never does.
"""


def images_workflow(steps: StepFactory) -> Workflow:
    """Build by content hash, skip what is there, fall back where login, build or push fails."""
    database = steps.inputs.settings.integration.database
    image_file = steps.path(database.image_file, setting="integration.database.image-file")
    folder = PurePosixPath(image_file).parent
    content = expression("steps.name.outputs.content")
    commit = expression("steps.name.outputs.commit")
    # Nothing can be pushed without having signed in, and an image that stays here serves no job.
    absent = "steps.present.outputs.present == 'false' && steps.sign-in.outcome == 'success'"
    job = Job(
        name="Database image",
        runner=runner(steps),
        minutes=steps.minutes,
        permissions={
            "contents": "read",
            "packages": Remarked("write", "pushes the image of the database"),
        },
        outputs={"postgres-image": expression("steps.choose.outputs.image")},
        steps=(
            steps.checkout(),
            Step(
                name="Name by content",
                id="name",
                env={
                    "REGISTRY": REGISTRY,
                    "REPOSITORY": expression("github.repository"),
                    "CONTENT": expression(_hash(folder)),
                    "COMMIT": expression("github.sha"),
                },
                run=NAME_SCRIPT,
            ),
            steps.sign_in(),
            Step(name="Look for it", id="present", env={"IMAGE": content}, run=PRESENT_SCRIPT),
            Step(
                name="Name it by the commit too",
                condition=f"steps.present.outputs.present == 'true' && {_MAY_PUSH}",
                env={"IMAGE": content, "COMMIT": commit},
                run=TAG_SCRIPT,
            ),
            Step(
                name="Builder",
                condition=absent,
                uses=steps.actions["docker/setup-buildx-action"],
                may_fail=True,
            ),
            Step(
                name="Build and push",
                id="build",
                condition=absent,
                uses=steps.actions["docker/build-push-action"],
                inputs={
                    "context": str(folder),
                    "file": image_file,
                    "push": True,
                    "tags": f"{content}\n{commit}\n",
                    "cache-from": "type=gha",
                    "cache-to": "type=gha,mode=max,ignore-error=true",
                },
                may_fail=True,
            ),
            Step(
                name="Choose",
                id="choose",
                env={
                    "IMAGE": content,
                    "FALLBACK": _fallback(database.fallback_image),
                    "PRESENT": expression("steps.present.outputs.present"),
                    "LOGIN": expression("steps.sign-in.outcome"),
                    "BUILD": expression("steps.build.outcome"),
                    "DIGEST": expression("steps.build.outputs.digest"),
                },
                run=CHOOSE_SCRIPT,
            ),
        ),
    )
    return Workflow(
        file=steps.file_of("images"),
        name="Docker images",
        purpose="The image of the database, built once for all jobs.",
        outputs={
            "postgres-image": (
                "The image that the database of the tests runs on.",
                "jobs.database.outputs.postgres-image",
            )
        },
        jobs={"database": job},
    )


def _hash(folder: PurePosixPath) -> str:
    """The hash of all that may go into the image; git's own files differ in every checkout."""
    if folder == PurePosixPath():
        return "hashFiles('**', '!.git/**')"
    return f"hashFiles('{folder}/**')"


def _fallback(image: str) -> str:
    setting = "integration.database.fallback-image"
    return checked(image, _IMAGE, setting=setting, what="name of an image") if image else ""
