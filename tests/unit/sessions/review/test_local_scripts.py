from __future__ import annotations

from typing import TYPE_CHECKING

from reviewed import steps, subject_of

from tasker_ci.sessions.review.local_scripts import local_scripts

if TYPE_CHECKING:
    from pathlib import Path


def test_scripts_that_no_job_runs_are_followed_to_the_end(tmp_path: Path) -> None:
    files = {
        "scripts__lib.sh": "lint() { cargo clippy -p core; }\n",
        "scripts__lint.sh": "#!/bin/sh\n. scripts/lib.sh\nlint\n",
        "scripts__test.sh": "#!/bin/sh\ncargo test\n",
        "scripts__ci.py": "print('cargo test')\n",
        "check": "#!/usr/bin/env python3\n",
        "verify": "#!/usr/bin/env bash\ncargo unheard-of\n",
    }
    subject = subject_of(tmp_path, steps("bash scripts/test.sh"), **files)
    found = {
        str(each.path): [sorted(one.packages or ()) for one in each.selections]
        for each in local_scripts(subject)
    }
    assert found == {"scripts/lint.sh": [["core"]]}
