"""Reusable workflows of other repositories: whether one may run tests of the caller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_KNOWN: Mapping[str, tuple[str, ...]] = {
    "actions-rust-lang/msrv/msrv": (),
    "rust-lang/josh-sync/rustc-pull": (),
    "rustcrypto/actions/minimal-versions": ("nightly-cmd", "stable-cmd"),
    "tempoxyz/ci/cargo-update-pr": (),
}
"""Those that run none themselves, with the inputs that are commands."""

_TELLS = re.compile(
    r"(?:^|[-_])(?:audit|cla|clippy|deny|fmt|format|labels?|labeler|rustfmt|semantic|stale"
    r"|typos|zizmor)(?:$|[-_])"
)
"""In the name of one that does something else."""

_MAY_TEST = re.compile(r"test|check|\bci\b|build|release|publish|cov|bench|miri|all")
_FOLDER = "/.github/workflows/"


def may_run_tests_there(uses: str, inputs: Mapping[str, str]) -> bool:
    """Whether ``owner/name/.github/workflows/file.yml@ref`` may run tests of who calls it."""
    path = uses.partition("@")[0].lower()
    repository, _, file = path.partition(_FOLDER)
    name = file.rpartition(".")[0]
    commands = _KNOWN.get(f"{repository}/{name}")
    if commands is not None:
        given = " ".join(inputs.get(each, "") for each in commands)
        return "${{" in given or bool(re.search(r"test|\bt\b|miri|cov|bench|\./", given))
    return not _TELLS.search(name) or bool(_MAY_TEST.search(name))
