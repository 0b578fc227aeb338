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
_OF_RUST = re.compile(r"cargo|rust|test|cov|cross|miri|bench|tarpaulin")
_INSTALLS = re.compile(r"(?:^|[-/])(?:cache|setup|install(?:er)?|upload|report|labeler)(?:[-/]|$)")
"""In the name of an action that changes what later steps find, and runs nothing itself."""

_PROGRAM = re.compile(
    r"(?:\bexec\.exec|\bgetExecOutput|\bexecSync|\bexecFile\w*|\bspawn\w*|(?<![.\w])exec)"
    r"\s*\(\s*(?:(['\"`])([^'\"`]*)\1|(?P<given>\w+)\s*[,)])?"
)
_LITERAL = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|`[^`]*`")
_RUNNER = re.compile(
    r"cargo|nextest|\bcross\b|\bmake\b|\bjust\b|xtask|\.(?:sh|py|js|ts)\b|bash|docker|\bnix\b|npm|yarn|bazel"
)
"""The same in a text of which a part is not known."""
_OF_TESTS = re.compile(
    r"cargo|nextest|\bcross\b|\bmake\b|\bjust\b|xtask|\$|\./|\.(?:sh|py|js|ts)\b|bash|docker|nix|npm|yarn|bazel"
)
"""In a command that may run tests in the end."""

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
    "tauri-apps/tauri-action",
    "mbrobbel/rustfmt-check",
    "axodotdev/oranda",
    "knope-dev/action",
    "cloudflare/wrangler-action",
    "helm/chart-testing-action",
    "michidk/run-komac",
    "bufbuild/buf-setup-action",
    "bufbuild/buf-breaking-action",
    "ethpandaops/kurtosis-assertoor-github-action",
}


def may_run(use: Use) -> str | None:
    """Why an action may run something that nobody can read, as a clause; None if it seems safe."""
    if use.name == "actions/github-script":
        return _why_script(use.text("script"))
    if use.name.startswith("docker://"):
        return f"it runs the image {use.name.removeprefix('docker://')}"
    if use.name in _QUIET or use.name.startswith(_QUIET_OWNERS):
        return None
    for name in sorted(_RUNS.intersection(use.inputs)):
        if _OF_TESTS.search(use.text(name)):
            return f"the action {use.name} gets `{name}`, and may run it"
    name = use.name.partition("/")[2]
    if _OF_RUST.search(name) and not _INSTALLS.search(name):
        return f"the action {use.name} may run tests"
    return None


def _why_script(text: str) -> str | None:
    programs = [
        found[2] if found[2] is not None else _of_helper(text, found["given"] or "")
        for found in _PROGRAM.finditer(text)
    ]
    if all(program is not None and not _OF_TESTS.search(program) for program in programs):
        return None
    return "the script of actions/github-script starts programs"


def _of_helper(text: str, given: str) -> str | None:
    """What a function of the script may start that gives its own parameter to a shell.

    "" where no text of the script names a program that may run tests, else None.
    """
    parameter = re.compile(rf"\(\s*{given}\b[^()]*\)\s*(?:=>|\{{)") if given else None
    if parameter is None or not parameter.search(text):
        return None
    return None if any(map(_RUNNER.search, _LITERAL.findall(text))) else ""


def installs_toolchain(use: Use) -> bool:
    """Whether an action that nobody read may choose the toolchain of the later steps."""
    return bool(re.search(r"rust|toolchain|cargo", use.name)) and not use.name.endswith("-cache")


def installs_nothing(use: Use) -> bool:
    """Whether an action surely installs no program and sets no variable for later steps."""
    return use.name in _QUIET or use.name.startswith(("actions/", "docker/", "github/"))
