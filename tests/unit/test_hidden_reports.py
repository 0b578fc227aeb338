"""The report of tests holds no key of the run: workflows upload it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from tool_parts import context_with_programs

from tasker_ci.sessions.test_reports import hide_secrets

if TYPE_CHECKING:
    from pathlib import Path

KEY = "0123456789abcdef" * 2


def test_the_keys_of_the_run_are_hidden_and_the_report_can_be_read(tmp_path: Path) -> None:
    context = context_with_programs(tmp_path, ("preset", "tasker"), GITHUB_TOKEN="ghs_" + KEY[::-1])
    junit = tmp_path / "junit.xml"
    told = f'<case name="password=" type="x{KEY}">token ghs_{KEY[::-1]}\nπ {KEY}</case>'
    junit.write_text(told, encoding="utf-8")
    hide_secrets(context, junit, {"API_KEY": KEY}, within=tmp_path)
    case = ET.fromstring(junit.read_text(encoding="utf-8"))
    assert case.attrib == {"name": "password=", "type": "x***"}
    assert case.text == "token ***\nπ ***"
    assert [file.name for file in tmp_path.glob("junit*")] == ["junit.xml"]


def test_a_report_without_keys_is_not_written(tmp_path: Path) -> None:
    context = context_with_programs(tmp_path, ("preset", "tasker"))
    junit = tmp_path / "junit.xml"
    junit.write_text("<case/>", encoding="utf-8")
    before = junit.stat().st_ino
    hide_secrets(context, junit, {"API_KEY": KEY}, within=tmp_path)
    assert junit.stat().st_ino == before
    hide_secrets(context, tmp_path / "absent.xml", {"API_KEY": KEY}, within=tmp_path)
