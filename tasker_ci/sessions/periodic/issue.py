"""Tell GitHub what the week's run found: one issue, opened once, written anew every time.

A step of the generated workflow is this very text, run by the Python of the runner: nothing has to
be installed in the one job whose token may write.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request

LABEL = "tasker-ci-schedule"
MARK = "<!-- written by the scheduled workflow of tasker-ci -->"
TITLE = "The scheduled run of the CI is red"
SPECIAL = "&\\`*_{}[]<>#|~@"
MOST_PAGES = 20
SECONDS = 30


def ask(method: str, path: str, body: dict[str, object] | None = None) -> object:
    """Ask GitHub's API for something below the repository."""
    request = urllib.request.Request(  # noqa: S310 - the runner says where the API is
        f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['TOKEN']}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        return json.load(answer)


def find() -> dict[str, object] | None:
    """Find the issue of earlier runs, an open one first; only who may label can make another."""
    found = []
    for page in range(1, MOST_PAGES + 1):
        rows = ask("GET", f"/issues?state=all&labels={LABEL}&per_page=100&page={page}")
        if not isinstance(rows, list) or not rows:
            break
        found += [row for row in rows if MARK in (row["body"] or "") and "pull_request" not in row]
    return min(found, key=lambda row: (row["state"] != "open", -row["number"]), default=None)


def say(text: str) -> None:
    """Print a line into the log of the step."""
    sys.stdout.write(f"{text}\n")


def pairs(name: str) -> dict[str, str]:
    """Read `KEY=TEXT`, a line each, out of a variable."""
    lines = (line.partition("=") for line in os.environ[name].splitlines() if "=" in line)
    return {key.strip(): text.strip() for key, _, text in lines}


def cell(text: str) -> str:
    """Write a foreign text so that it stands in a cell as it is, and calls nobody."""
    escaped = text[:1000].translate({ord(each): f"&#{ord(each)};" for each in SPECIAL})
    return f"<code>{escaped}</code>" if text else "see the run"


def page(results: dict[str, str], said: dict[str, str], run: str) -> str:
    """What the issue says: every job, how it ended, and what its session said."""
    rows = [f"| {cell(job)} | {cell(result)} | {cell(said.get(job, ''))} |"
            for job, result in results.items()]  # fmt: skip
    head = [MARK, "", f"[The last run]({run}) says:", "", "| job | result | what it says |"]
    return "\n".join([*head, "| --- | --- | --- |", *rows, ""])


def main() -> int:
    """Open, write anew or close the issue; red results make the step no redder than they are."""
    results, said = pairs("RESULTS"), pairs("SAID")
    run = "/".join((
        os.environ["GITHUB_SERVER_URL"],
        os.environ["GITHUB_REPOSITORY"],
        "actions/runs",
        os.environ["GITHUB_RUN_ID"],
    ))  # fmt: skip
    red = [job for job, result in results.items() if result != "success"]
    body = page(results, said, run)
    try:
        issue = find()
        if issue is None and not red:
            say("All is green, and there is no issue.")
            return 0
        if issue is None:
            made = ask("POST", "/issues", {"title": TITLE, "body": body, "labels": [LABEL]})
            number = made["number"] if isinstance(made, dict) else "?"
            say(f"Issue {number} is opened: {', '.join(red)}")
            return 0
        state = {"state": "open"} if red else {"state": "closed", "state_reason": "completed"}
        ask("PATCH", f"/issues/{issue['number']}", {"body": body, **state})
        say(f"Issue {issue['number']} is {state['state']}: {', '.join(red) or 'all is green'}")
    except (urllib.error.URLError, OSError, ValueError, KeyError) as error:
        say(f"::error title=schedule::The issue cannot be written: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
