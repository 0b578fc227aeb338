from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tasker_ci.testing import make_context
from tasker_ci.tools.compiler_messages import CompilerFinding, CompilerFindings


def line(level: str, text: str, *, code: str | None = None, file: str = "", **more: Any) -> str:
    spans = [
        {"file_name": "other.rs", "line_start": 1, "is_primary": False},
        {"file_name": file, "line_start": 7, "is_primary": True},
    ]
    message = {
        "level": level,
        "message": text,
        "code": code and {"code": code},
        "rendered": f"{level}: {text} in {file}\n\n",
        "spans": spans if file else [],
        **more,
    }
    return json.dumps({"reason": "compiler-message", "message": message})


def test_each_finding_counts_once_however_many_targets_it_is_of(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    findings = CompilerFindings(context)
    for _ in range(2):
        findings.read(line("warning", "unused\nvariable", file="src/lib.rs"))
    findings.read(line("warning", "unused", file="src/main.rs"))
    findings.read(line("error", "mismatched types", code="E0308", file="src/main.rs"))
    assert findings.counts == "1 error, 2 warnings"
    assert findings.files == 2
    assert findings.data()[0] == {
        "level": "warning",
        "code": "",
        "message": "unused",
        "file": "src/lib.rs",
        "line": 7,
    }
    assert context.printed.count("in src/lib.rs") == 1


def test_what_is_no_finding_is_not_counted(tmp_path: Path) -> None:
    findings = CompilerFindings(make_context(tmp_path))
    findings.read(line("error", "aborting due to 2 previous errors"))
    findings.read(line("warning", "3 warnings emitted"))
    findings.read(line("note", "by the way"))
    findings.read('{"reason": "build-finished", "success": true}')
    assert findings.found == []
    assert findings.counts == "0 warnings"


def test_other_lines_are_printed_as_they_are(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    findings = CompilerFindings(context)
    for text in ("no JSON", "[1, 2]", "7", "[" * 100_000):
        findings.read(text)
    assert findings.found == []
    assert "no JSON\n[1, 2]\n7\n" in context.printed


def test_folders_of_pages_and_a_refusal_by_features_are_seen(tmp_path: Path) -> None:
    findings = CompilerFindings(make_context(tmp_path))
    files = ["/t/doc/sample/index.html", "/t/debug/libsample.rlib"]
    findings.read(json.dumps({"reason": "compiler-artifact", "filenames": files}))
    assert findings.folders == {Path("/t/doc")}
    assert not findings.refused
    findings.read(line("error", "choose one", rendered='compile_error!("choose one")'))
    assert findings.refused


def test_a_lint_is_told_from_an_error_of_the_compiler() -> None:
    lint = CompilerFinding(level="error", code="clippy::all", message="m", file="a.rs", line=3)
    assert lint.of_lint
    assert str(lint) == "clippy::all at a.rs:3"
    broken = CompilerFinding(level="error", code="E0308", message="mismatched")
    assert not broken.of_lint
    nameless = CompilerFinding(level="error", code=None, message="cannot find it")
    assert (nameless.of_lint, str(nameless)) == (False, "cannot find it")
