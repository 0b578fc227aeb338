"""Actions that nobody read: whether one may run something of Rust."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.foreign.github.uses import Use

_RUNS = {
    "args", "arguments", "cmd", "command", "commands", "entrypoint", "exec", "run", "script",
    "scripts", "shell-command", "test-command", "build-command", "task", "tasks",
}  # fmt: skip
_OF_RUST = re.compile(r"cargo|rust|test|cov|cross|clippy|miri|bench|fuzz|tarpaulin|crates?\b")
_MAY_START = re.compile(r"cargo|exec\b|execSync|spawn|child_process|make\b|just\b|\.sh\b")

_QUIET_OWNERS = (
    "actions/", "docker/", "github/", "aws-actions/", "azure/", "google-github-actions/",
    "hashicorp/", "sigstore/", "peter-evans/", "peaceiris/", "slackapi/", "zizmorcore/",
    "step-security/", "anchore/", "pypa/", "jetbrains/", "dawidd6/",
    "linkerd/dev/actions/setup-tools",
)  # fmt: skip
_QUIET = {
    "swatinem/rust-cache",
    "leafwing-studios/cargo-cache",
    "rust-lang/crates-io-auth-action",
    "codecov/codecov-action",
    "codecov/test-results-action",
    "coverallsapp/github-action",
    "dorny/paths-filter",
    "dorny/test-reporter",
    "enricomi/publish-unit-test-result-action",
    "mikepenz/action-junit-report",
    "mikepenz/release-changelog-builder-action",
    "test-summary/action",
    "re-actors/alls-green",
    "crate-ci/typos",
    "crate-ci/committed",
    "tj-actions/changed-files",
    "trilom/file-changes-action",
    "datadog/junit-upload-github-action",
    "trunk-io/analytics-uploader",
    "buildpulse/buildpulse-action",
    "irongut/codecoveragesummary",
    "5monkeys/cobertura-action",
    "taiki-e/create-gh-release-action",
    "taiki-e/checkout-action",
    "softprops/action-gh-release",
    "rhysd/actionlint",
    "raven-actions/actionlint",
    "ludeeus/action-shellcheck",
    "davidanson/markdownlint-cli2-action",
    "awalsh128/cache-apt-pkgs-action",
    "msys2/setup-msys2",
    "ilammy/msvc-dev-cmd",
    "ilammy/setup-nasm",
    "ossf/scorecard-action",
    "rust-cross/cargo-zigbuild",
    "goto-bus-stop/setup-zig",
    "mlugg/setup-zig",
    "korandoru/setup-zig",
    "jlumbroso/free-disk-space",
    "easimon/maximize-build-space",
    "step-security/harden-runner",
    "kuiawastaken/install-llvm-action",
    "kylemayes/install-llvm-action",
    "ikalnytskyi/action-setup-postgres",
    "supercharge/mongodb-github-action",
    "supercharge/redis-github-action",
    "lycheeverse/lychee-action",
    "benchmark-action/github-action-benchmark",
    "bencherdev/bencher",
    "dprint/check",
    "tombi-toml/setup-tombi",
    "webfactory/ssh-agent",
    "bufbuild/buf-setup-action",
    "bufbuild/buf-breaking-action",
    "ethpandaops/kurtosis-assertoor-github-action",
}


def may_run(use: Use) -> str | None:
    """Why an action may run something that nobody can read, as a clause; None if it seems safe."""
    if use.name == "actions/github-script":
        starts = _MAY_START.search(use.text("script"))
        return "the script of actions/github-script may start programs" if starts else None
    if use.name.startswith("docker://"):
        return f"it runs the image {use.name.removeprefix('docker://')}"
    if use.name in _QUIET or use.name.startswith(_QUIET_OWNERS):
        return None
    if given := sorted(_RUNS.intersection(use.inputs)):
        return f"the action {use.name} gets `{given[0]}`, and may run it"
    if _OF_RUST.search(use.name.partition("/")[2]):
        return f"the action {use.name} may run tests"
    return None


def installs_nothing(use: Use) -> bool:
    """Whether an action surely installs no program and sets no variable for later steps."""
    return use.name in _QUIET or use.name.startswith(("actions/", "docker/", "github/"))
