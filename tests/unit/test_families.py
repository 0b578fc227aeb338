"""A family is one folder: without it and its name in the registry everything else goes on."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasker_ci.sessions import FAMILIES

ROOT = Path(__file__).parents[2]
NEEDED = {"affected", "history", "insights", "machine", "project", "services", "tests"}
"""Those whose `public.py` another family uses; `tools` of the family machine begins every job."""

DOCTOR = {"coverage": "llvm-tools", "scan": "scanner"}
"""What `doctor` looks at for families that may be absent, where the pipeline has their stage."""

ABOUT = "release: 1\\nhost: h\\nLLVM version: 9999.1\\n"
RUSTC = f"case $1 in -vV) printf '{ABOUT}';; *) echo /nowhere;; esac"
"""A compiler whose LLVM is on no machine."""

LOOK = """
import contextlib, io, json, sys
from pathlib import Path
from tasker_ci.faces.options import flags_of, help_of
from tasker_ci.errors import SettingsError
from tasker_ci.sessions import ROWS, SESSIONS, load_settings, settings_model
from tasker_ci.settings.schema import settings_schema
from tasker_ci.workflows.inputs import Inputs
from tasker_ci.workflows.plan import planned_files

root, tables = Path(sys.argv[1]), sys.argv[2:]
for session in SESSIONS.values():
    help_of(session), flags_of(session)

def plan(settings):
    (root / ".config").mkdir(parents=True, exist_ok=True)
    (root / ".config/tasker-ci.toml").write_text(settings)
    loaded = load_settings(root, {})
    inputs = Inputs(
        loaded=loaded, project_root=root, workspace=root, rows=ROWS, version="1.0", origin=("true",)
    )
    return {str(file.path): file.text for file in planned_files(inputs)}

files = plan('preset = "tasker"\\n[integration]\\ntargets = ["a::b"]\\n')
unknown = ""
if tables:
    try:
        plan("".join(f"[{table}]\\n" for table in tables))
    except SettingsError as error:
        unknown = error.message
print(json.dumps({
    "sessions": list(SESSIONS),
    "files": sorted(files),
    "steps": [line for text in files.values() for line in text.splitlines() if "exec nox" in line],
    "tables": sorted(settings_schema(settings_model())["properties"]),
    "unknown": unknown,
    "handbook": files[".github/workflows/README.md"],
}))
"""


@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - NEEDED))
def test_without_a_family_its_capability_is_gone_from_every_view(
    family: str, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "tasker_ci", tmp_path / "tasker_ci")  # compiled as it is
    shutil.rmtree(tmp_path / "tasker_ci/sessions" / family)
    registry = tmp_path / "tasker_ci/sessions/__init__.py"
    text = registry.read_text(encoding="utf-8")
    assert text.count(f'    "{family}",\n') == 1
    registry.write_text(text.replace(f'    "{family}",\n', ""), encoding="utf-8")
    tables = sorted(FAMILIES[family].settings)

    rustc = tmp_path / "bin" / "rustc"
    rustc.parent.mkdir()
    rustc.write_text(f"#!/bin/sh\n{RUSTC}\n", encoding="utf-8")
    rustc.chmod(0o755)
    environment = {
        "PATH": f"{rustc.parent}:/usr/bin:/bin",
        "PYTHONPATH": str(tmp_path),
        "HOME": str(tmp_path),
        "RUSTUP_AUTO_INSTALL": "0",
    }
    project = tmp_path / "project"
    project.mkdir()

    def run(*arguments: str | Path, code: int = 0) -> str:
        ended = subprocess.run(
            [sys.executable, *arguments],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout

    seen = json.loads(run("-c", LOOK, project, *tables))
    own = FAMILIES[family].sessions
    assert own.keys().isdisjoint(seen["sessions"])
    assert set(tables).isdisjoint(seen["tables"])
    for table in tables:
        assert f"`{table}` is not a setting" in seen["unknown"]
    words = {word for step in seen["steps"] for word in step.split()}
    assert {name for name in own if name in words and name != "tools"} == set()

    for name in own:
        said = rf"^\| `{name}`[ ,|]|(nox -s|tasker-ci) {name}(?![\w-])"
        assert re.search(said, seen["handbook"], re.MULTILINE) is None, name

    wanted = [name for name in DOCTOR if name != family]
    settings = "".join(f"[{name}]\npipeline = true\n" for name in wanted)
    (project / ".config/tasker-ci.toml").write_text(settings, encoding="utf-8")
    (project / "noxfile.py").write_text(
        "import tasker_ci\ntasker_ci.register_sessions()\n", encoding="utf-8"
    )
    checks = {
        each["check"]
        for each in json.loads(run("-m", "tasker_ci", "doctor", "--json", code=3))["checks"]
    }
    assert {DOCTOR[name] for name in wanted} == checks & set(DOCTOR.values())
    for listing in (
        run("-m", "tasker_ci", "--help"),
        run("-m", "tasker_ci", "--complete", "--", "tasker-ci "),
        run("-m", "nox", "-l"),
    ):
        names = set(re.findall(r"^[ *-]*([\w-]+)", listing, re.MULTILINE))
        assert "unit" in names
        assert own.keys().isdisjoint(names), listing
