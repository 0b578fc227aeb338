"""What a review writes into files."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import pytest
from reviewed import CI, finding, result

from tasker_ci.errors import UsageError
from tasker_ci.foreign.places import Opaque, Place
from tasker_ci.sessions.review.finding import Grade, Severity
from tasker_ci.sessions.review.markdown import as_markdown
from tasker_ci.sessions.review.outputs import check_outputs, write_outputs
from tasker_ci.sessions.review.page import as_page
from tasker_ci.sessions.review.sarif import sarif

SCHEMA = Path(__file__).parents[3] / "resources" / "sarif-2.1.0.schema.json"
UNREAD = Opaque(Place(CI, 9), "`make` reads <file>")


def checked(document: dict[str, Any]) -> dict[str, Any]:
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    (run,) = document["runs"]
    return run


def test_sarif_is_valid_with_findings_and_without() -> None:
    assert checked(sarif(result()))["results"] == []
    suspicion = finding(grade=Grade.SUSPICION, rule="zizmor:cache", severity=Severity.NOTE)
    run = checked(sarif(result([finding(), suspicion], opaque=[UNREAD])))
    first, second = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in (first, second)] == ["T1", "zizmor:cache"]
    assert (first["level"], second["level"]) == ("error", "note")
    location = first["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == str(CI)
    assert location["region"]["startLine"] == 14
    (unread,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "reads <file>" in unread["message"]["text"]


def test_an_uncertain_error_is_a_warning_to_code_scanning() -> None:
    run = checked(sarif(result([finding(grade=Grade.SUSPICION)])))
    assert run["results"][0]["level"] == "warning"


def test_a_finding_is_known_again_when_its_line_has_moved() -> None:
    marks = [
        checked(sarif(result([finding(place=Place(CI, line))])))["results"][0] for line in (14, 15)
    ]
    assert marks[0]["partialFingerprints"] == marks[1]["partialFingerprints"]


def test_names_of_files_are_escaped_in_sarif() -> None:
    place = Place(PurePosixPath(".github/workflows/a b#.yml"), 1)
    run = checked(sarif(result([finding(place=place)])))
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == ".github/workflows/a%20b%23.yml"


def test_markdown_begins_with_the_number_that_matters() -> None:
    text = as_markdown(result([finding(message="3 <b>tests</b>")], opaque=[UNREAD]))
    assert text.startswith("**1 161 of 1 204 tests are run by a job; the others are not decided")
    assert "`.github/workflows/ci.yml:14`" in text
    assert "<b>" not in text
    assert "Not decided: 1 place could not be read." in text


def test_the_page_shows_what_runs_where_and_escapes_names() -> None:
    text = as_page(result([finding()]))
    assert "43 of 1 204 tests are run by no job" in text
    assert '<tr class="lost"><th scope="row">&lt;b&gt;</th>' in text
    assert '<td class="run">runs</td>' in text
    assert "<script" not in text


def test_the_end_of_a_name_says_the_format(tmp_path: Path) -> None:
    names = ("review.sarif", "review.md", "review.html", "review.json")
    check_outputs(names)
    write_outputs(tmp_path, result([finding()]), names)
    assert json.loads((tmp_path / "review.sarif").read_text("utf-8"))["version"] == "2.1.0"
    assert json.loads((tmp_path / "review.json").read_text("utf-8"))["findings"][0]["line"] == 14
    assert (tmp_path / "review.html").read_text("utf-8").startswith("<!doctype html>")
    with pytest.raises(UsageError, match="says no format"):
        check_outputs(["review.txt"])
