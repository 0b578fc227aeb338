"""What `pytest` runs without `--all`: the unit tests, and a real run of every capability.

A file or a test that the command line names runs whole. What stands here is the cheapest run that
goes all the way; tests/unit/test_default_selection.py holds that every session has one and that
no name is out of date. It is chosen to take less than ten minutes on two processors.
"""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SESSIONS: Mapping[str, tuple[str, ...]] = {
    "affected": (
        "test_affected.py::test_unit_builds_all_and_runs_the_tests_of_affected_packages",
        "test_affected.py::test_each_package_comes_with_its_reason",
    ),
    "audit": (
        "test_audit.py",
        "test_audit_fetch.py",
        "test_audit_filters.py::test_a_red_audit_says_it_too",
    ),
    "bench": ("test_bench.py::test_twice_on_one_commit_is_no_difference_and_a_slowdown_is_found",),
    "cache": ("test_cache.py::test_hits_are_counted_and_the_cache_is_emptied_for_real",),
    "ci": (
        "test_ci.py::test_all_sessions_run_and_no_noxfile_is_needed",
        "test_ci.py::test_bare_nox_runs_the_sessions_of_ci_once_each",
        "test_ci.py::test_with_fail_fast_the_first_failure_stops_what_runs",
        "test_proofs.py::test_proofs_hold_while_nothing_changes_and_hide_no_red",
    ),
    "clippy": (
        "test_quality.py::TestClippy::test_clean_code_passes",
        "test_quality.py::TestClippy::test_a_lint_is_an_error",
        "test_quality.py::TestClippy::test_fix_mends_also_outside_of_any_repository",
    ),
    "coverage": (
        "test_coverage.py::test_the_figures_are_those_of_cargo_llvm_cov",
        "test_coverage.py::test_a_threshold_that_is_missed_is_red_and_says_by_how_much",
    ),
    "deny": ("test_deny.py",),
    "doc": (
        "test_quality.py::TestDoc::test_the_pages_are_named",
        "test_quality.py::TestDoc::test_warnings_are_shown_and_counted_once",
    ),
    "doctest": (
        "test_doctest.py::test_the_number_of_doctests_is_in_the_summary",
        "test_doctest.py::test_a_failure_has_its_place_and_a_line_that_runs_it_again",
    ),
    "doctor": (
        "test_doctor.py::test_a_sound_machine_is_a_table_and_exit_code_0",
        "test_doctor.py::test_on_a_machine_without_rust_everything_is_told_at_once",
    ),
    "down": ("test_integration_session.py::TestKept::test_up_attach_env_logs_ps_and_down",),
    "env": (
        "test_env.py::test_the_product_stands_alone_on_standard_output",
        "test_env.py::TestForTheLaterStepsOfAJob::test_it_writes_what_the_action_writes",
        "test_env.py::test_bare_nextest_sees_what_a_session_sees",
    ),
    "examples": (
        "test_examples.py::test_an_example_does_what_settings_expect",
        "test_examples.py::test_an_example_that_does_not_compile_fails_with_cargo_s_code",
    ),
    "features": ("test_features.py",),
    "fmt": (
        "test_quality.py::TestFmt",
        "test_formatting.py::test_every_member_with_its_own_edition_and_configuration",
    ),
    "images": (
        "test_images.py::test_an_image_is_built_once_and_found_again",
        "test_images.py::test_the_session_names_the_image_in_text_and_in_json",
    ),
    "init": (
        "test_init.py::test_a_dry_run_writes_nothing_and_says_what_would_be",
        "test_init.py::test_a_second_init_changes_nothing",
        "test_init.py::TestHooks::test_the_own_hook_runs_first_and_can_refuse",
        "test_init_output.py::test_an_empty_crate_gets_few_lines",
    ),
    "insights": (
        "test_insights.py::TestFigures::test_they_are_those_counted_by_hand",
        "test_insights.py::TestFigures::test_a_recording_gives_the_same_without_a_network",
    ),
    "integration": (
        "test_integration_session.py::TestGreen::test_the_sample_from_the_first_service_to_the_report",
        "test_integration_session.py::TestRed::test_a_build_that_fails_starts_nothing",
        "test_compose_sessions.py::test_services_of_a_session_are_those_of_the_compose_file",
    ),
    "inventory": (
        "test_inventory.py::test_all_that_is_planted_is_found_and_nothing_else",
        "test_inventory_cfg.py::test_a_lost_test_has_its_condition_its_place_and_the_target",
    ),
    "logs": ("test_integration_session.py::TestKept::test_up_attach_env_logs_ps_and_down",),
    "package": ("test_package.py",),
    "ps": ("test_integration_session.py::TestKept::test_up_attach_env_logs_ps_and_down",),
    "minimal-versions": (
        "test_minimal_versions.py::test_it_compiles_with_the_oldest_and_the_lock_file_stays",
    ),
    "miri": ("test_miri.py::test_without_its_nightly_it_is_not_checked_and_the_line_is_told",),
    "msrv": (
        "test_msrv.py::test_each_package_is_checked_with_its_own_rust_and_no_lock_is_written",
        "test_msrv.py::test_a_broken_promise_has_its_place_the_fix_and_the_line_that_repeats_it",
    ),
    "proof": ("test_proven_push.py::test_a_push_of_the_same_tree_runs_none_of_it_again",),
    "report": (
        "test_report.py::test_a_run_leaves_its_record_and_report_shows_it",
        "test_report.py::test_every_number_is_that_of_nextests_own_file",
    ),
    "review": (
        "test_review.py",
        "test_review_from_a_wheel.py",
        "test_review_under_act.py",
    ),
    "rollback": (
        "test_rollback.py::test_the_tree_is_as_it_was_to_the_byte[plain-init]",
        "test_rollback.py::test_git_hooks_go_and_the_own_one_comes_back",
    ),
    "scan": (
        "test_scan.py::test_every_vulnerability_is_found_once",
        "test_scan.py::test_settings_judge_whatever_the_scanner_thinks",
    ),
    "settings": ("test_faces.py::TestJson::test_one_document_is_alone_on_standard_output",),
    "spelling": ("test_spelling.py",),
    "sync": (
        "test_sync.py::test_what_sync_writes_is_what_its_check_wants",
        "test_sync.py::test_the_check_shows_every_stale_file_and_changes_nothing",
        "test_sync.py::test_a_foreign_file_is_archived_and_comes_back_to_the_byte",
        "test_own_files.py",
    ),
    "unused": ("test_unused.py",),
    "tools": (
        "test_tools.py::test_a_wheel_is_installed_and_its_program_runs",
        "test_tools.py::test_a_session_installs_the_tool_it_lacks_and_finds_it_afterwards",
        "test_tools.py::test_the_real_cargo_audit_comes_from_the_registry",
    ),
    "trend": ("test_report.py::test_retries_are_flaky_in_the_report_and_in_the_history",),
    "unit": (
        "test_unit.py::test_every_end_of_a_test_is_counted_for_what_it_is",
        "test_unit.py::test_each_failure_has_its_place_and_reason",
        "test_unit.py::test_people_see_the_same",
        "test_unit.py::test_a_rerun_line_runs_exactly_that_test",
        "test_unit.py::test_in_github_actions_output_is_grouped_and_failures_are_annotated",
        "test_plain_targets.py::test_cargo_itself_says_so_too",
    ),
    "unit-ci": ("test_unit.py::test_the_usual_profiles_work_where_the_project_has_none",),
    "unit-default": ("test_unit.py::test_the_usual_profiles_work_where_the_project_has_none",),
    "unit-local": ("test_unit.py::test_the_usual_profiles_work_where_the_project_has_none",),
    "up": ("test_integration_session.py::TestKept::test_up_attach_env_logs_ps_and_down",),
    "watch": ("test_watch.py::test_saves_and_another_branch_run_again_and_ctrl_c_leaves_nothing",),
    "workflows": (
        "test_workflows_session.py::test_current_files_pass_and_nothing_foreign_is_judged",
        "test_workflows_session.py::test_a_finding_is_printed_and_fails",
    ),
}
"""By the name of the session that runs."""

AROUND: Mapping[str, tuple[str, ...]] = {
    "the three faces": (
        "test_faces.py::TestExitCodes::test_the_child_s_own_code",
        "test_faces.py::TestExitCodes::test_wrong_settings",
        "test_faces.py::TestHelp",
        "test_faces.py::TestPlaces::test_the_console_script_needs_neither_noxfile_nor_tasks",
        "test_faces.py::TestOwnSessions",
    ),
    "sessions of one's own": (
        "test_contributing.py",
        "test_own_sessions.py::test_commands_run_in_order_in_their_folder_and_the_code_survives",
        "test_own_sessions.py::test_a_function_has_flags_in_every_face",
        "test_own_sessions.py::test_an_installed_package_brings_a_session",
        "test_own_sessions.py::test_its_report_counts_in_the_report",
        "test_own_sessions_under_act.py",
        "test_hostile_own_sessions.py::test_only_what_the_reporter_is_told_is_a_command_to_github",
    ),
    "completion in shells": ("test_completion.py",),
    "what a machine has to have": (
        "test_requirements.py::test_listing_and_help_start_no_process",
        "test_requirements.py::test_missing_components_are_one_line",
    ),
    "services by Docker Compose": (
        "test_compose.py::test_a_service_answers_on_the_port_of_the_plan_and_on_no_other",
        "test_compose.py::test_an_image_is_made_of_the_program_that_cargo_has_built",
        "test_compose.py::test_the_evidence_is_complete_and_shows_no_secret",
    ),
    "services without Docker": (
        "test_native.py::test_pgmq_and_text_beyond_ascii_work_in_the_database",
        "test_native.py::test_another_process_sees_the_same_stack",
        "test_native.py::test_the_evidence_shows_states_and_no_password",
    ),
    "Docker that is not there": (
        "test_docker_unavailable.py::test_auto_says_why_it_is_native",
        "test_docker_unavailable.py::test_version_1_alone_is_named",
    ),
    "services of other projects": (
        "test_foreign_places.py::test_a_stack_of_a_third_project_is_left_alone",
    ),
    "faults of services": ("test_stack_faults.py::TestContainers::test_a_build_that_fails",),
    "signals": (
        "test_signals.py::TestOnce::test_a_signal_to_the_process[2-130-nox-building]",
        "test_signals.py::TestOnce::test_a_signal_to_the_process[15-143-tasker-ci-building]",
        "test_signals.py::TestKilled::test_what_it_ran_ends_with_it",
        "test_integration_session.py::TestSignals::test_once[2-130-test]",
    ),
    "output that nobody reads": ("test_lost_output.py::TestAtExit::test_what_no_session_prints",),
    "the compiler's wrapper": (
        "test_compiler_wrapper.py::test_sccache_of_the_configuration_is_used_and_counted",
    ),
    "configuration of cargo": (
        "test_cargo_configuration.py::TestAliases::test_the_doctor_finds_it",
    ),
    "configuration of nextest": (
        "test_nextest_configuration.py::test_the_profiles_differ_as_they_say",
    ),
    "variables that change tests": (
        "test_own_variables.py::TestNextest::test_the_variable_is_named_and_nothing_else_changes",
        "test_forced_variables.py::TestTheCodeUnderTestSeesNone::test_in_a_job_without_setup_env",
    ),
    "clones of strangers": (
        "test_clone_traps.py::test_the_traps_are_real",
        "test_clone_traps.py::test_it_answers_all_the_same",
        "test_clone_traps.py::test_a_session_that_runs_nothing_of_the_project_springs_none[affected]",
        "test_clone_traps.py::test_a_session_that_runs_nothing_of_the_project_springs_none[settings]",
    ),
    "hostile texts": (
        "test_hostile_texts.py::test_nor_on_a_terminal_and_json_can_be_read[report]",
    ),
    "odd names of files": (
        "test_file_names.py::test_affected_knows_the_files_and_spells_their_names_out",
    ),
    "a project that may only be read": (
        "test_read_only.py::test_where_cargo_builds_in_the_usual_place_nothing_is_handed_over",
    ),
    "generated workflows": (
        "test_workflow_checkers.py::test_a_checker_would_find_something",
        "test_workflow_checkers.py::test_every_finding_is_one_of_a_variant",
        "test_workflow_checkers.py::test_nothing_is_silenced_within_a_file",
        "test_workflow_runs.py::test_every_job_ran_and_was_green",
        "test_workflow_runs.py::test_jobs_follow_the_pipeline",
        "test_workflow_runs.py::test_the_steps_of_a_job_with_sessions",
        "test_workflow_runs.py::test_no_line_of_a_key_is_in_the_logs",
        "test_measurement_workflow_runs.py",
    ),
}
"""What stands around the sessions, by what it is."""

NAMES = {name for names in (*SESSIONS.values(), *AROUND.values()) for name in names}

_INTEGRATION = PurePosixPath("tests/integration")


def belongs(nodeid: str) -> bool:
    """Whether a test, by its name from the top of the repository, runs without `--all`."""
    path = PurePosixPath(nodeid.partition("::")[0])
    if path.parent != _INTEGRATION:
        return True
    name = nodeid.removeprefix(f"{_INTEGRATION}/")
    whole = name.partition("[")[0]  # a parameter may hold anything, colons too
    places = whole.split("::")
    return name in NAMES or any("::".join(places[:count]) in NAMES for count in (1, 2, 3))


def broken(folder: Path) -> list[str]:
    """The names to which nothing belongs in the folder of the integration tests."""
    known = set()
    for file in sorted(folder.glob("test_*.py")):
        known.add(file.name)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            known.add(f"{file.name}::{getattr(node, 'name', '')}")
            if isinstance(node, ast.ClassDef):
                known |= {
                    f"{file.name}::{node.name}::{getattr(inner, 'name', '')}" for inner in node.body
                }
    return sorted(name for name in NAMES if name.partition("[")[0] not in known)
