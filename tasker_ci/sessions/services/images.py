"""Build the database's image, or say which one stands in for it."""

from __future__ import annotations

from typing import Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.stack.images import (
    REPOSITORY,
    ImageSource,
    build_command,
    database_image,
    image_arguments,
    pgmq_script,
)
from tasker_ci.tools.child_environment import child_environment


def images(
    context: Context,
    *,
    rebuild: Annotated[bool, "Build it also if one from the same inputs is here."] = False,
) -> Outcome:
    """Build the image of the database, or find the one that is used in its place."""
    settings = context.settings.integration
    source = ImageSource(
        workspace=context.workspace,
        settings=settings.database,
        environment=child_environment(context, all_tokens=True),
        build_seconds=settings.build_seconds,
    )
    if not settings.database.service:
        return Outcome(summary="the settings name no database", status=Status.SKIPPED)
    if context.dry_run:
        return _preview(context, source)
    image = database_image(source, context.runner, context.reporter, rebuild=rebuild)
    if image is None:
        return Outcome(summary=f"there is no {settings.database.image_file}", status=Status.SKIPPED)
    context.reporter.line(f"image: {image.name} ({image.origin})")
    return Outcome(
        summary=f"{image.name}, {image.origin}",
        data={
            "database": {
                "image": image.name,
                "origin": image.origin.name.lower(),
                "lacking": list(image.lacking),
            }
        },
    )


def _preview(context: Context, source: ImageSource) -> Outcome:
    if not source.dockerfile.is_file():
        return Outcome(summary="nothing would be built", status=Status.SKIPPED)
    arguments = image_arguments(source, script=pgmq_script(source))
    folder = source.dockerfile.parent
    return context.preview(build_command(source, folder, arguments, f"{REPOSITORY}:HASH"))
