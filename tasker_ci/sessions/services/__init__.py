"""The services of the tests, kept running."""

from __future__ import annotations

from tasker_ci.pipeline import Stage
from tasker_ci.session import SERVICES, Family, Session

FAMILY = Family(
    sessions={
        "images": Session(
            "tasker_ci.sessions.services.images:images",
            "Build the image of the database, or find the one that is used in its place.",
            tags=("images",),
            runs="the Dockerfiles of the images that it builds",
        ),
        "up": Session(
            "tasker_ci.sessions.services.session:up",
            "Start the services, wait until they are healthy, migrate, and leave them running.",
            tags=("services",),
            needs=("dependencies",),
            runs=SERVICES,
        ),
        "down": Session(
            "tasker_ci.sessions.services.down:down",
            "End the services that were kept, and remove their data and keys.",
            tags=("services",),
        ),
        "ps": Session(
            "tasker_ci.sessions.services.session:ps",
            "Show the services of this workspace: state, port, health, of every run.",
            tags=("services",),
        ),
        "logs": Session(
            "tasker_ci.sessions.services.session:logs",
            "Print what the services have printed that were kept.",
            tags=("services",),
        ),
    },
    stages=(Stage(name="images", file="build-docker-images.yml", makes_image=True, closed=True),),
    checks="tasker_ci.sessions.services.checks:CHECKS",
    workflows={"images": "tasker_ci.sessions.services.job:images_workflow"},
    troubles="tasker_ci.sessions.services.troubles:troubles",
)
