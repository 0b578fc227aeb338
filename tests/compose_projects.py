"""A small workspace that runs on both stacks: one service, one one-shot, a real PostgreSQL.

The service is a Perl script, because the base image of the tests has Perl and nothing else to serve
HTTP with. `integration.build` makes it a program as cargo would; with Compose it gets into an image
by the same way as the sample's binaries, natively it is started as it is. A phase of the run waits
where the variable PHASE says so (see `service_projects`).
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import compose_runs
import faces
import service_projects
import workspaces
from service_projects import BEHAVIOUR, LOGGED, PHASE, READY

from tasker_ci.stack.compose_override import WORKSPACE_LABEL

if TYPE_CHECKING:
    from tasker_ci.stack.native_parts import NativeParts

SAMPLE = Path(__file__).resolve().parents[1] / "examples" / "tasker"

READY_FILE = "ready/now"
"""What a phase writes; containers see the folder as `/ready`."""

STEP = "build step of the tests"
"""What the image's build runs in the phase ``image``, so that its container is found."""

_BUILD = """\
from linger import linger
import os, pathlib, shutil, sys
program = pathlib.Path("target/debug/web")
program.parent.mkdir(parents=True, exist_ok=True)
shutil.copyfile("web.pl", program)
program.chmod(0o755)
with open("target/built", "a") as file:
    file.write("once\\n")
linger("build")
sys.exit(int(os.environ.get("BUILD_CODE", "0")))
"""

_SERVICE = f"""\
#!/usr/bin/perl
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
my ($behaviour, $detail) = split / /, ($ENV{{{BEHAVIOUR}}} // ""), 2;
$behaviour //= "";
my $phase = $ENV{{{PHASE}}} // "";
sub ready {{ open(my $file, ">", $ENV{{{READY}}}) or die; close $file }}

print "{LOGGED}\\n";
exit $detail if $behaviour eq "exit";
$SIG{{TERM}} = \\&ready if $phase eq "teardown";
my $server = IO::Socket::INET->new(
    LocalAddr => "0.0.0.0", LocalPort => $ENV{{PORT}}, Listen => 16, ReuseAddr => 1
) or die "no port: $!";
while (1) {{
    my $client = $server->accept or next;
    my $path = (split / /, <$client> // "")[1] // "";
    my $key = "";
    while (defined(my $line = <$client>)) {{
        last if $line =~ /^\\r?\\n$/;
        $key = $1 if $line =~ /^x-api-key: (\\S+)/i;
    }}
    my $status = ($path eq "/health" or $key eq $ENV{{API_KEY}}) ? 200 : 401;
    if ($phase eq "wait" and $path eq "/health") {{ ready(); $status = 503 }}
    $status = $detail if $behaviour eq "status";
    kill 9, $$ if $behaviour eq "die" and $path ne "/health";
    if ($behaviour eq "flood") {{ print "x" x 80, "\\n" for 1 .. $detail }}
    print $client "HTTP/1.0 $status Said\\r\\nLocation: /health\\r\\nContent-Length: 0\\r\\n\\r\\n";
    close $client;
}}
"""

_SEED = (
    f'if [ "$${PHASE}" = up ]; then touch /ready/now; sleep 600 & wait; fi; exit $${{SEED_CODE:-0}}'
)

_COMPOSE = f"""\
services:
  database:
    image: ${{POSTGRES_IMAGE}}
    command: ["postgres", "-c", "fsync=off"]
    environment: [POSTGRES_DB, POSTGRES_PASSWORD, POSTGRES_USER]
    ports: ["127.0.0.1::5432"]
    volumes: ["data:/elsewhere"]
  seed:
    image: ${{SERVICE_BASE_IMAGE}}
    init: true
    command: ["sh", "-c", '{_SEED}']
    environment: [{PHASE}, SEED_CODE]
    volumes: ["./ready:/ready"]
  web:
    depends_on: {{seed: {{condition: service_completed_successfully}}}}
    build:
      context: ${{TASKER_CONTAINER_BINARIES}}/web
      dockerfile: ${{TASKER_CONTAINER_WORKSPACE}}/docker/web/Dockerfile
      args: [SERVICE_BASE_IMAGE]
    init: true
    restart: "${{RESTART:-no}}"
    environment: [API_KEY, {PHASE}, {BEHAVIOUR}, "{READY}=/ready/now", PORT=8000]
    volumes: ["./ready:/ready"]
    ports: ["127.0.0.1::8000"]
    healthcheck:
      test: ["CMD-SHELL", "${{CHECK:-true}}"]
      interval: 200ms
      retries: 3
volumes:
  data:
"""

_DOCKERFILE = """\
ARG SERVICE_BASE_IMAGE
FROM ${SERVICE_BASE_IMAGE}
COPY web /web
ENTRYPOINT ["/web"]
"""

SETTINGS = service_projects.SETTINGS.replace(
    'command = ["python3", "service.py"]', 'container-port = 8000\ncommand = ["{binaries}/web"]'
)


def write_services(folder: Path) -> Path:
    """Write the workspace; its stack is native unless a flag says otherwise."""
    service_projects.write_services(folder)
    shutil.copytree(SAMPLE / "docker" / "db", folder / "docker" / "db")
    (folder / "ready").mkdir()
    files = {
        "build.py": _BUILD,
        "web.pl": _SERVICE,
        "docker/docker-compose.test.yml": _COMPOSE,
        "docker/web/Dockerfile": _DOCKERFILE,
        ".config/tasker-ci.toml": SETTINGS,
    }
    return workspaces.write_files(folder, files)


_PERL_SEED = f"""\
  seed:
    image: ${{SERVICE_BASE_IMAGE}}
    init: true
    command:
      - perl
      - -e
      - |
        exit if ($$ENV{{{PHASE}}} // "") ne "up";
        open(my $$file, ">", "/ready/now") or die;
        close $$file;
        sleep 600;
    environment: [{PHASE}]
    volumes: ["./ready:/ready"]
"""

_BORROWED_DATABASE = """\
  database:
    image: ${SERVICE_BASE_IMAGE}
    init: true
    user: "65534:65534"
    command:
      - /bin/sh
      - -c
      - >-
        {programs}/initdb --no-sync --auth=trust --locale=C --pgdata=/data/all >&2 &&
        exec {programs}/postgres -D /data/all -h 0.0.0.0 -k '' -c fsync=off
    tmpfs: ["/data:mode=1777"]
    volumes:
      - "/bin:/bin:ro"
      - "/lib:/lib:ro"
      - "/lib64:/lib64:ro"
      - "/usr:/usr:ro"
      - "/etc/passwd:/etc/passwd:ro"
      - "{packages}:/packages:ro"
    ports: ["127.0.0.1::5432"]
"""
"""A real PostgreSQL in an image that has none: the machine lends its own programs."""


def only_the_service(folder: Path) -> None:
    """Leave nothing in the project that needs more than Perl: no database, no shell."""
    settings = folder / ".config" / "tasker-ci.toml"
    _rewrite_services(folder, _PERL_SEED)
    text = settings.read_text(encoding="utf-8")
    rows = re.sub(r"(?s)\[integration.database\].*?\n\n", "", text)
    settings.write_text(rows, encoding="utf-8")


def only_borrowed_programs(folder: Path, parts: NativeParts) -> None:
    """Like `only_the_service`, with the database, of the native stack's own parts."""
    programs, packages = parts.programs, parts.wheel or Path("/usr")
    if parts.wheel is not None:
        programs = Path("/packages") / programs.relative_to(parts.wheel)
    database = _BORROWED_DATABASE.replace("{programs}", str(programs))
    _rewrite_services(folder, _PERL_SEED + database.replace("{packages}", str(packages)))


def _rewrite_services(folder: Path, others: str) -> None:
    compose = folder / "docker" / "docker-compose.test.yml"
    text = compose.read_text(encoding="utf-8")
    service, _, _ = text[text.index("  web:") :].partition("    healthcheck:")
    compose.write_text(f"services:\n{others}{service}", encoding="utf-8")


def hang_the_image(folder: Path, name: str) -> str:
    """Let the build of an image (``web`` or ``db``) never end; returns what is in its step."""
    step = f"{STEP} {folder}"
    file = folder / "docker" / name / "Dockerfile"
    text = file.read_text(encoding="utf-8")
    step_line = f'RUN ["perl", "-e", "sleep 600", "{step}"]\n'
    file.write_text(text.replace("COPY", f"{step_line}COPY", 1), encoding="utf-8")
    return step


@dataclass(frozen=True, kw_only=True)
class Remains:
    """What is there of all runs of a workspace: on this machine, and what Docker has."""

    local: service_projects.Leftovers
    docker: list[str]

    def __bool__(self) -> bool:
        return bool(self.local or self.docker)


def remains(folder: Path) -> Remains:
    """Look for everything that a run of the workspace may have left."""
    steps = step_containers(f"{STEP} {folder}")  # first: they go by themselves before long
    return Remains(local=service_projects.leftovers(folder), docker=steps + _of_docker(folder))


def _of_docker(folder: Path) -> list[str]:
    """By label, and by the names of the runs."""
    logs = folder / "target" / "tasker-ci" / "logs"
    found = [
        each
        for run in (logs.iterdir() if logs.is_dir() else ())
        for each in compose_runs.remains(run.name)
    ]
    here = f"label={WORKSPACE_LABEL}={folder}"
    for kind in ("container", "network", "volume", "image"):
        everything = ("--all",) if kind in {"container", "image"} else ()
        ids = compose_runs.docker(kind, "ls", "--quiet", *everything, "--filter", here)
        found += [f"{kind} {each}" for each in ids.split()]
    return found


def step_containers(step: str) -> list[str]:
    """The containers of a build's step, which have no label."""
    rows = compose_runs.docker("container", "ls", "--all", "--no-trunc", "--format", "{{json .}}")
    rows = map(json.loads, rows.splitlines())
    return [f"step container {row['ID'][:12]}" for row in rows if step in row["Command"]]


def image_of_the_database() -> str:
    """The sample's image, built if it is not there; every project here has the same."""
    ended = faces.run(["tasker-ci", "images", "--json"], SAMPLE.parents[1])
    assert ended.exit_code == 0, ended.text
    return str(json.loads(ended.stdout)["database"]["image"])
