"""What does not compile before any test runs, attached to its lines on GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.process.command import Output
from tasker_ci.rust.workspace import find_workspace_root
from tasker_ci.tools.cargo import cargo, feature_arguments
from tasker_ci.tools.code_annotations import annotate_code
from tasker_ci.tools.compiler_messages import CompilerFindings

if TYPE_CHECKING:
    from tasker_ci.context import Context
    from tasker_ci.process.command import Command
    from tasker_ci.sessions.tests.nextest_choice import Choice, NextestScope


def annotate_build(context: Context, command: Command, choice: Choice, scope: NextestScope) -> None:
    """Attach what does not compile to its lines, on GitHub alone: cargo is asked once more for it.

    nextest has printed it for people. What compiled stays compiled, so the second time is short.
    """
    if context.environment.get("GITHUB_ACTIONS", "").lower() != "true":
        return
    packages = [word for name in choice.packages for word in ("--package", name)]
    targets = [word for name in scope.test_targets for word in ("--test", name)]
    question = cargo(
        context,
        *("test", "--no-run", *(packages or ["--workspace", *targets])),
        *feature_arguments(scope.features, context),
        *("--message-format", "json", "--color", "never"),
        environment=command.environment,
        toolchain=choice.toolchain,
    )
    findings = CompilerFindings(context, silent=True)
    context.runner.run(question, output=Output.CAPTURE_BOTH, on_line=findings.read)
    errors = [each for each in findings.found if each.level != "warning"]
    root = find_workspace_root(context.workspace) or context.workspace
    annotate_code(context, scope.session, root, errors)
