"""Settings come in layers; every value knows its place, every problem is told at once."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasker_ci.errors import SettingsError
from tasker_ci.sessions import load_settings
from tasker_ci.sessions.audit.settings import AuditIgnore
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.settings.load import LoadedSettings, variable_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Load = "Callable[..., LoadedSettings]"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., LoadedSettings]:
    """Load a settings file of this text, with these variables and flags."""

    def load(
        text: str = "", environment: Mapping[str, str] | None = None, *flags: tuple[str, str]
    ) -> LoadedSettings:
        file = tmp_path / SETTINGS_FILE
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return load_settings(tmp_path, environment or {}, flags)

    return load


@pytest.fixture
def complaint(load: Callable[..., LoadedSettings]) -> Callable[..., list[str]]:
    """The problems that loading finds, one a line."""

    def complaint(*arguments: Any) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            load(*arguments)
        assert caught.value.exit_code == 2
        first, *lines = caught.value.message.splitlines()
        assert first == "Settings cannot be used:"
        return [line.strip() for line in lines]

    return complaint


class TestLayers:
    def test_a_project_without_a_file_has_the_defaults(self, tmp_path: Path) -> None:
        loaded = load_settings(tmp_path, {})
        assert loaded.settings.workspace == "."
        assert loaded.settings.clippy.lint_arguments == ("-D", "warnings")
        assert {str(source) for source in loaded.sources.values()} == {"default"}

    def test_each_layer_wins_over_the_one_below_and_is_named(
        self, load: Callable[..., LoadedSettings]
    ) -> None:
        loaded = load(
            'preset = "tasker"\n\n[doc]\n# why\nwarnings = "deny"\n\n[unit]\ncargo-test = ["a"]\n',
            {"TASKER_CI_UNIT_CARGO_TEST": "b, c", "TASKER_CI_TOOLCHAIN": "beta", "PATH": "/bin"},
            ("toolchain", "nightly"),
        )
        assert loaded.settings.doc.warnings == "deny"
        assert loaded.settings.unit.cargo_test == ("b", "c")
        assert loaded.settings.toolchain == "nightly"
        assert {
            ".".join(key): str(source)
            for key, source in loaded.sources.items()
            if key[0] in {"preset", "doc", "unit", "toolchain", "workspace"}
            or key[-2:] in {("RUST_LOG", "value"), ("RUST_BACKTRACE", "value")}
        } == {
            "preset": ".config/tasker-ci.toml:1",
            "workspace": "default",
            "toolchain": "flag toolchain",
            "doc.services": "default",
            "doc.features": "default",
            "doc.warnings": ".config/tasker-ci.toml:5",
            "unit.services": "default",
            "unit.features": "default",
            "unit.cargo-test": "variable TASKER_CI_UNIT_CARGO_TEST",
            "unit.quarantine": "default",
            "environment.variables.RUST_BACKTRACE.value": "default",
            "environment.variables.RUST_LOG.value": "preset tasker",
        }

    def test_the_preset_may_come_from_a_variable_or_a_flag(
        self, load: Callable[..., LoadedSettings]
    ) -> None:
        assert (
            "DATABASE_URL"
            in load("", {"TASKER_CI_PRESET": "tasker"}).settings.environment.variables
        )
        without = load('preset = "tasker"', {}, ("preset", "")).settings
        assert "DATABASE_URL" not in without.environment.variables

    def test_of_two_flags_for_one_key_the_last_counts(
        self, load: Callable[..., LoadedSettings]
    ) -> None:
        loaded = load("", {}, ("doc.warnings", "deny"), ("doc.warnings", "allow"))
        assert loaded.settings.doc.warnings == "allow"

    @pytest.mark.parametrize(
        ("name", "text", "expected"),
        [
            pytest.param("FEATURES", "none", "none", id="one of some words"),
            pytest.param("FEATURES", "a,b", ("a", "b"), id="a list, with commas"),
            pytest.param("FEATURES", '["a", "b"]', ("a", "b"), id="a list, as TOML"),
            pytest.param("WORKSPACE", "a b", "a b", id="text"),
        ],
    )
    def test_a_variable_is_read_by_the_type_of_its_setting(
        self, load: Callable[..., LoadedSettings], name: str, text: str, expected: object
    ) -> None:
        loaded = load("", {f"TASKER_CI_{name}": text})
        assert getattr(loaded.settings, name.lower()) == expected

    @pytest.mark.parametrize(
        ("text", "expected"), [("1", True), ("FALSE", False), ("auto", "auto")]
    )
    def test_truth_in_a_variable(
        self, load: Callable[..., LoadedSettings], text: str, expected: object
    ) -> None:
        loaded = load("", {"TASKER_CI_AUDIT_REQUIRE_DATABASE": text})
        assert loaded.settings.audit.require_database == expected


class TestVariablesOfTheEnvironment:
    def test_a_text_is_short_for_a_table_and_keeps_what_the_preset_says(
        self, load: Callable[..., LoadedSettings]
    ) -> None:
        loaded = load('preset = "tasker"\n[environment.variables]\nRUST_LOG = "debug"\nNEW = "x"\n')
        variables = loaded.settings.environment.variables
        assert variables["RUST_LOG"].value == "debug"
        assert variables["RUST_LOG"].purpose == "how much the Rust libraries log"
        assert variables["NEW"].value == "x"
        key = ("environment", "variables", "NEW", "value")
        assert str(loaded.sources[key]) == ".config/tasker-ci.toml:4"

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param('API_KEY = "mine"', id="short"),
            pytest.param('API_KEY = { value = "mine" }', id="as a table"),
        ],
    )
    def test_a_literal_replaces_the_generator_of_the_preset_and_stays_secret(
        self, load: Callable[..., LoadedSettings], text: str
    ) -> None:
        loaded = load(f'preset = "tasker"\n[environment.variables]\n{text}\n')
        variable = loaded.settings.environment.variables["API_KEY"]
        assert (variable.value, variable.generator, variable.secret) == ("mine", "", True)

    def test_a_flag_or_a_table_in_a_variable_does_the_same(
        self, load: Callable[..., LoadedSettings]
    ) -> None:
        by_flag = load('preset = "tasker"', {}, ("environment.variables.API_KEY", "mine"))
        by_variable = load(
            'preset = "tasker"', {"TASKER_CI_ENVIRONMENT_VARIABLES": '{API_KEY = "mine"}'}
        )
        for loaded in (by_flag, by_variable):
            variable = loaded.settings.environment.variables["API_KEY"]
            assert (variable.value, variable.generator, variable.secret) == ("mine", "", True)

    def test_a_flag_reaches_the_parts_of_a_variable(
        self, load: Callable[..., LoadedSettings]
    ) -> None:
        loaded = load("", {}, ("environment.variables.TOKEN.secret", "true"))
        assert loaded.settings.environment.variables["TOKEN"].secret is True

    @pytest.mark.parametrize("name", ['"A=B"', '""', '"A B"', '"1A"'])
    def test_what_no_process_can_have_as_a_name_is_refused(
        self, complaint: Callable[..., list[str]], name: str
    ) -> None:
        (problem,) = complaint(f'[environment.variables]\n{name} = "x"\n')
        assert "is no name for a variable" in problem
        assert problem.startswith(".config/tasker-ci.toml:2: ")

    def test_versions_of_tools_are_a_table_too(self, load: Callable[..., LoadedSettings]) -> None:
        loaded = load(
            '[tools.versions]\nsccache = "1"\n', {}, ("tools.versions.cargo-audit", "0.22.2")
        )
        assert loaded.settings.tools.versions == {"sccache": "1", "cargo-audit": "0.22.2"}


class TestProblems:
    def test_an_unknown_key_is_told_with_its_line_and_the_nearest_key(
        self, complaint: Callable[..., list[str]]
    ) -> None:
        assert complaint('preset = ""\n\n[audit]\nrequire_databse = true\n') == [
            (
                ".config/tasker-ci.toml:4: `audit.require_databse` is not a setting. "
                "Did you mean `audit.require-database`?"
            )
        ]

    def test_a_key_in_the_wrong_table_is_told_where_it_belongs(
        self, complaint: Callable[..., list[str]]
    ) -> None:
        assert complaint('lint-arguments = ["-W", "clippy::all"]\n') == [
            (
                ".config/tasker-ci.toml:1: `lint-arguments` is not a setting. "
                "Did you mean `clippy.lint-arguments`?"
            )
        ]

    def test_a_key_like_no_other_is_told_what_there_is(
        self, complaint: Callable[..., list[str]]
    ) -> None:
        assert complaint("[ci]\nxyz = 1\n") == [
            ".config/tasker-ci.toml:2: `ci.xyz` is not a setting; there is `fail-fast`."
        ]

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("workspace = 1", "`workspace` must be a string, not the number 1."),
            ("workspace = true", "`workspace` must be a string, not the truth value true."),
            ('doc = "deny"', "`doc` must be a table, not the string 'deny'."),
            (
                'doc.warnings = "forbid"',
                '`doc.warnings` must be "allow" or "deny", not the string \'forbid\'.',
            ),
            (
                'unit.cargo-test = "one"',
                "`unit.cargo-test` must be a list of strings, not the string 'one'.",
            ),
            (
                'unit.cargo-test = ["one", 2]',
                "`unit.cargo-test` must be a list of strings, not the list ['one', 2].",
            ),
            (
                "audit.fetch-attempts = true",
                "`audit.fetch-attempts` must be a whole number, not the truth value true.",
            ),
            (
                "audit.fetch-attempts = 1.5",
                "`audit.fetch-attempts` must be a whole number, not the number 1.5.",
            ),
            ("environment.drop = {}", "`environment.drop` must be a list of strings, not a table."),
            (
                "tools.versions.sccache = 1",
                "`tools.versions.sccache` must be a string, not the number 1.",
            ),
            (
                "environment.variables.A = 1",
                (
                    "`environment.variables.A` must be a string or a table with `value`, "
                    "`generator`, `purpose`, `secret`, `applies`, not the number 1."
                ),
            ),
            (
                'environment.variables.A.applies = "never"',
                (
                    '`environment.variables.A.applies` must be "always" or "ci" or "github" or '
                    "\"sccache\", not the string 'never'."
                ),
            ),
        ],
    )
    def test_a_value_of_the_wrong_type(
        self, complaint: Callable[..., list[str]], line: str, expected: str
    ) -> None:
        assert complaint(f"# first\n{line}\n") == [f".config/tasker-ci.toml:2: {expected}"]

    def test_every_problem_of_every_layer_is_in_one_message(
        self, complaint: Callable[..., list[str]]
    ) -> None:
        assert complaint(
            'preset = "taskr"\nworkspce = "x"\n[doc]\nwarnings = 1\n',
            {"TASKER_CI_DOC_WARNING": "deny", "TASKER_CI_CI_FAIL_FAST": "perhaps"},
            ("sccache", "on"),
            ("nothing.like-it", "1"),
        ) == [
            ".config/tasker-ci.toml:2: `workspce` is not a setting. Did you mean `workspace`?",
            '.config/tasker-ci.toml:4: `doc.warnings` must be "allow" or "deny", not the number 1.',
            (
                "variable TASKER_CI_DOC_WARNING: there is no such setting. "
                "Did you mean `TASKER_CI_DOC_WARNINGS`?"
            ),
            (
                "variable TASKER_CI_CI_FAIL_FAST: `ci.fail-fast` must be true or false, "
                "not the string 'perhaps'."
            ),
            'flag sccache: `sccache` must be "auto" or "off", not the string \'on\'.',
            "flag nothing.like-it: there is no such setting.",
            '.config/tasker-ci.toml:1: preset "taskr" does not exist; there is "tasker".',
        ]

    def test_a_variable_like_no_other_is_not_taken_for_one(
        self, complaint: Callable[..., list[str]]
    ) -> None:
        assert complaint("", {"TASKER_CI_FOO": "1"}) == [
            "variable TASKER_CI_FOO: there is no such setting."
        ]

    def test_text_that_is_no_toml_is_told_with_its_place(
        self, complaint: Callable[..., list[str]]
    ) -> None:
        (problem,) = complaint('preset = "tasker"\nworkspace = \n')
        assert problem.startswith(".config/tasker-ci.toml: is not valid TOML: ")
        assert "line 2" in problem

    def test_a_file_that_is_no_text(self, tmp_path: Path) -> None:
        file = tmp_path / SETTINGS_FILE
        file.parent.mkdir()
        file.write_bytes(b'workspace = "\xff"\n')
        with pytest.raises(
            SettingsError, match=r"\.config/tasker-ci\.toml: cannot be read: .*utf-8"
        ):
            load_settings(tmp_path, {})

    def test_a_byte_order_mark_is_passed_over(self, tmp_path: Path) -> None:
        file = tmp_path / SETTINGS_FILE
        file.parent.mkdir()
        file.write_bytes(b'\xef\xbb\xbfpreset = "tasker"\r\n[doc]\r\nwarnings = "deny"\r\n')
        loaded = load_settings(tmp_path, {})
        assert loaded.settings.preset == "tasker"
        assert str(loaded.sources["doc", "warnings"]) == ".config/tasker-ci.toml:3"

    def test_a_folder_in_the_place_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / SETTINGS_FILE).mkdir(parents=True)
        with pytest.raises(SettingsError, match=r"cannot be read: .*directory"):
            load_settings(tmp_path, {})

    def test_a_table_in_a_variable_that_is_no_toml(
        self, complaint: Callable[..., list[str]]
    ) -> None:
        (problem,) = complaint("", {"TASKER_CI_TOOLS_VERSIONS": "sccache=1"})
        assert problem.startswith(
            "variable TASKER_CI_TOOLS_VERSIONS: `tools.versions` must be a table of strings as TOML"
        )


class TestIgnoredAdvisories:
    GOOD = '[[audit.ignore]]\nid = "RUSTSEC-2023-0071"\nreason = "not used"\nreview = 2030-01-02\n'

    def test_each_is_read_with_its_reason_and_date(
        self, load: Callable[..., LoadedSettings]
    ) -> None:
        (ignore,) = load(self.GOOD).settings.audit.ignore
        assert isinstance(ignore, AuditIgnore)
        assert (ignore.id, ignore.reason, str(ignore.review)) == (
            "RUSTSEC-2023-0071",
            "not used",
            "2030-01-02",
        )

    def test_a_problem_is_told_with_the_line_of_its_own_entry(
        self, complaint: Callable[..., list[str]]
    ) -> None:
        assert complaint(
            self.GOOD
            + '\n[[audit.ignore]]\nid = "RUSTSEC-1"\nreson = "x"\nreview = "soon"\n'
            + "\n[[audit.ignore]]\n"
            + 'id = "RUSTSEC-2"\nreason = "x"\nreview = 2030-01-02T10:00:00\n'
        ) == [
            (
                ".config/tasker-ci.toml:8: `audit.ignore.reson` is not a setting. "
                "Did you mean `audit.ignore.reason`?"
            ),
            (
                ".config/tasker-ci.toml:9: `audit.ignore.review` must be a date, "
                "not the string 'soon'."
            ),
            ".config/tasker-ci.toml:6: `audit.ignore` lacks `reason` here.",
            (
                ".config/tasker-ci.toml:14: `audit.ignore.review` must be a date, "
                "not the value 2030-01-02 10:00:00."
            ),
        ]

    def test_it_must_be_a_list_of_tables(self, complaint: Callable[..., list[str]]) -> None:
        expected = "a list of tables with `id`, `reason`, `review`"
        assert complaint('audit.ignore = "RUSTSEC-1"\n') == [
            (
                ".config/tasker-ci.toml:1: `audit.ignore` must be "
                f"{expected}, not the string 'RUSTSEC-1'."
            )
        ]
        assert complaint('audit.ignore = ["RUSTSEC-1"]\n') == [
            (
                ".config/tasker-ci.toml:1: `audit.ignore` must be a table with `id`, `reason`, "
                "`review`, not the string 'RUSTSEC-1'."
            )
        ]

    def test_a_variable_may_hold_them_as_toml(self, load: Callable[..., LoadedSettings]) -> None:
        text = '[{id = "RUSTSEC-1", reason = "x", review = 2030-01-02}]'
        (ignore,) = load("", {"TASKER_CI_AUDIT_IGNORE": text}).settings.audit.ignore
        assert ignore.id == "RUSTSEC-1"


class TestNextestProfiles:
    def test_a_profile_is_changed_key_by_key_and_a_value_as_a_whole(
        self, load: Callable[..., LoadedSettings]
    ) -> None:
        profiles = load(
            "[nextest.profile.ci]\nslow-timeout = { period = '9m' }\n"
            "[nextest.profile.ci.junit]\npath = 'own.xml'\n"
            "[nextest.profile.mine]\nretries = 3\n"
        ).settings.nextest.profile
        assert profiles["ci"].slow_timeout == {"period": "9m"}
        assert profiles["ci"].junit.path == "own.xml"
        assert profiles["ci"].final_status_level == "slow"
        assert (profiles["mine"].retries, profiles["mine"].junit.path) == (3, None)
        assert profiles["local"].fail_fast is True

    def test_a_flag_may_name_any_depth(self, load: Callable[..., LoadedSettings]) -> None:
        flags = (
            ("nextest.profile.ci.junit.path", "own.xml"),
            ("nextest.profile.ci.retries", '{ backoff = "fixed", count = 2 }'),
            ("nextest.profile.mine.test-threads", "-2"),
        )
        profiles = load("", {}, *flags).settings.nextest.profile
        assert profiles["ci"].junit.path == "own.xml"
        assert profiles["ci"].retries == {"backoff": "fixed", "count": 2}
        assert profiles["mine"].test_threads == -2

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            (
                "retries = true",
                "`retries` must be a whole number or a table, not the truth value true",
            ),
            ("slow-timeout = 60", "`slow-timeout` must be a string or a table, not the number 60"),
            (
                "test-threads = 'all'",
                '`test-threads` must be "num-cpus" or a whole number, not the',
            ),
            ("junit = 'a.xml'", "`junit` must be a table, not the string 'a.xml'"),
            ("junit.file = 'a.xml'", "`junit.file` is not a setting"),
            ("retry = 1", "`retry` is not a setting. Did you mean `nextest.profile.ci.retries`?"),
        ],
    )
    def test_a_value_that_nextest_would_not_take(
        self, complaint: Callable[..., list[str]], line: str, problem: str
    ) -> None:
        (said,) = complaint(f"[nextest.profile.ci]\n{line}\n")
        expected = problem.replace("`", "`nextest.profile.ci.", 1)
        assert said.startswith(f".config/tasker-ci.toml:2: {expected}")


def test_the_variable_of_a_setting() -> None:
    assert variable_name(("audit", "require-database")) == "TASKER_CI_AUDIT_REQUIRE_DATABASE"


NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
LISTS = st.lists(TEXTS, max_size=3)
VARIABLES = st.one_of(
    TEXTS,
    st.fixed_dictionaries({}, optional={"value": TEXTS, "purpose": TEXTS, "secret": st.booleans()}),
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "preset": st.just("tasker"),
        "workspace": TEXTS,
        "features": st.one_of(st.just("none"), LISTS),
        "doc": st.fixed_dictionaries({}, optional={"warnings": st.just("deny")}),
        "unit": st.fixed_dictionaries({}, optional={"cargo-test": LISTS, "features": LISTS}),
        "audit": st.fixed_dictionaries(
            {},
            optional={
                "require-database": st.booleans(),
                "fetch-attempts": st.integers(0, 9),
                "ignore": st.lists(
                    st.fixed_dictionaries({"id": TEXTS, "reason": TEXTS, "review": st.dates()}),
                    max_size=2,
                ),
            },
        ),
        "environment": st.fixed_dictionaries(
            {},
            optional={"drop": LISTS, "variables": st.dictionaries(NAMES, VARIABLES, max_size=3)},
        ),
    },
)


@given(document=DOCUMENTS, data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_line_of_every_value_of_any_valid_document_has_its_key(
    tmp_path: Path, document: dict[str, Any], data: st.DataObject
) -> None:
    text = tomlkit.dumps(document)
    # What an editor does to a file must not shift a line: blank lines and comments between.
    lines = [
        part
        for line in text.split("\n")
        for part in (*data.draw(st.sampled_from([[], [""], ["# x = 1"]])), line)
    ]
    spaced = "\n".join(lines)
    text = spaced if _says(spaced) == document else text  # not into a text of several lines
    file = tmp_path / SETTINGS_FILE
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")
    loaded = load_settings(tmp_path, {})
    written = text.split("\n")
    for key, source in loaded.sources.items():
        place = str(source)
        if place in {"default", "preset tasker"}:
            continue
        name, _, line = place.partition(":")
        assert name == SETTINGS_FILE
        said = ("value", key[-2]) if key[-1] in {"value", "generator"} else key[-1:]
        assert any(part in written[int(line) - 1] for part in said), (key, place, text)


def _says(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
