"""Workflows of the project that ci.yml calls: where they stand, and which are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import generation
import pytest

from tasker_ci.errors import SettingsError
from tasker_ci.text.toml_editing import rendered

if TYPE_CHECKING:
    from pathlib import Path

EXTRA = ".github/workflows/extra.yml"
CALLABLE = {EXTRA: "on:\n  workflow_call:\njobs: {}\n"}


def own(name: str = "extra", **values: Any) -> str:
    """The setting for one workflow."""
    rows = {"path": EXTRA, **values}
    lines = "".join(f"{key.replace('_', '-')} = {rendered(value)}\n" for key, value in rows.items())
    return f"\n[workflows.own.{name}]\n{lines}"


def jobs(folder: Path, *rows: str, files: dict[str, str] | None = None) -> dict[str, Any]:
    settings = generation.WITH_SERVICES + "".join(rows)
    found = generation.workflows(folder, settings, {**CALLABLE, **(files or {})})
    return found["ci.yml"]["jobs"] | {"gate": found["ci-success.yml"]["jobs"]["ci-success"]}


def test_a_stage_waits_for_what_comes_before_it(tmp_path: Path) -> None:
    found = jobs(tmp_path, own(before="integration"))

    assert found["extra"]["needs"] == ["quality", "unit"]
    assert "extra" in found["integration"]["needs"]
    assert found["extra"]["uses"] == f"./{EXTRA}"


def test_what_comes_after_a_stage_waits_for_it(tmp_path: Path) -> None:
    found = jobs(tmp_path, own(after="unit"))

    assert found["extra"]["needs"] == ["unit"]
    assert "extra" not in found["integration"]["needs"]


def test_without_a_stage_it_starts_at_once_and_the_gate_alone_waits(tmp_path: Path) -> None:
    found = jobs(tmp_path, own())

    assert "needs" not in found["extra"]
    waiting = [name for name, job in found.items() if "extra" in job.get("needs", ())]
    assert waiting == ["success"]


def test_one_may_stand_between_two_stages(tmp_path: Path) -> None:
    found = jobs(tmp_path, own(after="quality", before="integration"))

    assert "quality" in found["extra"]["needs"]
    assert "extra" in found["integration"]["needs"]


def test_the_gate_hears_of_it(tmp_path: Path) -> None:
    found = jobs(tmp_path, own(after="unit"), own("other", after="unit", may_skip=True))

    assert {"extra", "other"} <= set(found["success"]["needs"])
    (step,) = found["gate"]["steps"]
    assert {"extra", "other"} <= set(step["env"]["JOBS"].split())
    assert step["env"]["MAY_SKIP"] == "other"


def test_a_skip_by_leave_does_not_make_github_skip_what_follows(tmp_path: Path) -> None:
    # A job that needs a skipped one is skipped itself, unless its own condition says otherwise,
    # and so is everything after it: https://github.com/actions/runner/issues/491
    found = jobs(tmp_path, own(before="unit", may_skip=True))

    for name in ("unit", "integration"):
        assert found[name]["if"] == "${{ !failure() && !cancelled() }}"
    assert found["success"]["if"] == "${{ always() }}"
    assert "if" not in found["drift"]


def test_without_such_leave_jobs_have_no_condition(tmp_path: Path) -> None:
    found = jobs(tmp_path, own(before="unit"), own("other", after="unit", may_skip=True))

    gates = {"success", "gate"}
    assert all("if" not in job for name, job in found.items() if name not in gates)


def test_on_other_events_it_is_skipped_and_the_gate_knows(tmp_path: Path) -> None:
    found = jobs(tmp_path, own(after="integration", events=["push", "merge_group"]))

    assert found["extra"]["if"] == (
        "${{ github.event_name == 'push' || github.event_name == 'merge_group' }}"
    )
    (step,) = found["gate"]["steps"]
    assert step["env"]["ONLY_ON"] == "extra=push merge_group\n"
    assert step["env"]["EVENT"] == "${{ github.event_name }}"
    assert step["env"]["MAY_SKIP"] == ""


def test_a_stage_goes_on_where_what_it_waits_for_has_no_part_in_the_event(tmp_path: Path) -> None:
    found = jobs(tmp_path, own(after="quality", before="integration", events=["push"]))

    assert found["integration"]["if"] == "${{ !failure() && !cancelled() }}"
    assert found["extra"]["if"] == (
        "${{ !failure() && !cancelled() && (github.event_name == 'push') }}"
    )


def test_an_event_that_starts_no_pipeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="events"):
        jobs(tmp_path, own(after="unit", events=["release"]))


def test_its_token_may_what_the_setting_says(tmp_path: Path) -> None:
    found = jobs(
        tmp_path, own(after="unit", permissions=["contents: read", "id-token: write", "pages:none"])
    )

    assert found["extra"]["permissions"] == {
        "contents": "read",
        "id-token": "write",
        "pages": "none",
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("permissions: {packages: read}\njobs: {}\n", "packages: read"),
        ("permissions: read-all\njobs: {}\n", "read-all"),
        ("jobs: {a: {permissions: {contents: write}}}\n", "contents: write"),
        ("permissions: {}\njobs: {a: {permissions: {contents: read}}, b: {}}\n", ""),
        ("permissions: {contents: none, issues: none}\njobs: {a: {permissions: }}\n", ""),
        ("jobs: [{permissions: write-all}]\n", ""),
    ],
)
def test_github_would_start_nothing_if_it_asked_for_more_than_the_setting_grants(
    tmp_path: Path, text: str, wanted: str
) -> None:
    files = {EXTRA: f"on: workflow_call\n{text}"}
    if not wanted:
        assert jobs(tmp_path, own(after="unit"), files=files)["extra"]["permissions"]
        return

    with pytest.raises(SettingsError, match=f"asks for `{wanted}`") as caught:
        jobs(tmp_path, own(after="unit"), files=files)

    assert "`workflows.own.extra.permissions`" in caught.value.message
    if wanted != "read-all":
        granted = own(after="unit", permissions=["contents: read", wanted])
        assert jobs(tmp_path, granted, files=files)


DEEP = ".github/workflows/deep.yml"
ASKING = "on: workflow_call\njobs: {a: {permissions: {packages: write}}}\n"


@pytest.mark.parametrize("prefix", ["./", "$/"])
@pytest.mark.parametrize(
    ("calling", "granted", "refused"),
    [
        ("jobs: {b: {uses: DEEP}}", ["contents: read"], True),
        ("jobs: {b: {uses: DEEP}}", ["packages: write"], False),
        ("permissions: {}\njobs: {b: {uses: DEEP}}", ["packages: write"], True),
        (
            "permissions: {}\njobs: {b: {permissions: {packages: write}, uses: DEEP}}",
            ["packages: write"],
            False,
        ),
        ("jobs: {b: {permissions: {packages: read}, uses: DEEP}}", ["packages: write"], True),
        ("jobs: {b: {uses: DEEP}, c: {uses: EXTRA}}", ["packages: write"], False),
    ],
)
def test_what_it_calls_itself_may_not_ask_for_more_either(
    tmp_path: Path, prefix: str, calling: str, granted: list[str], *, refused: bool
) -> None:
    calling = calling.replace("DEEP", prefix + DEEP).replace("EXTRA", prefix + EXTRA)
    files = {EXTRA: f"on: workflow_call\n{calling}\n", DEEP: ASKING}
    row = own(after="unit", permissions=granted)
    if not refused:
        assert jobs(tmp_path, row, files=files)["extra"]
        return

    with pytest.raises(SettingsError, match=r"deep\.yml asks for `packages: write`") as caught:
        jobs(tmp_path, row, files=files)

    assert "let the job that calls it grant it" in str(caught.value.next_step)


def test_what_it_calls_has_to_be_there(tmp_path: Path) -> None:
    files = {EXTRA: f"on: workflow_call\njobs: {{b: {{uses: ./{DEEP}}}}}\n"}
    with pytest.raises(SettingsError, match=r"deep\.yml cannot be read"):
        jobs(tmp_path, own(after="unit"), files=files)


@pytest.mark.parametrize("path", [EXTRA, f"./{EXTRA}"])
@pytest.mark.parametrize(
    "text",
    [
        "on: workflow_call\n",
        "on: [push, workflow_call]\n",
        "on:\n  workflow_call:\n    inputs:\n      a: {type: string, default: x}\n",
        "on:\n  workflow_call:\n    secrets:\n      a: {required: false}\n",
    ],
)
def test_every_way_to_be_callable_is_known(tmp_path: Path, path: str, text: str) -> None:
    found = jobs(tmp_path, own(path=path, after="unit"), files={EXTRA: text})

    assert found["extra"]["uses"] == f"./{EXTRA}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("on: push\n", "cannot be called"),
        ("on:\n  push:\n", "cannot be called"),
        ("just text\n", "cannot be called"),
        ("", "cannot be called"),
        ("on: [\n", "is no YAML"),
        ("on: workflow_call\nsince: 2024-99-99\n", "is no YAML"),
        (
            "on:\n  workflow_call:\n    inputs:\n      level: {required: true, type: string}\n",
            "wants `level` of its inputs",
        ),
        (  # GitHub looks at the default when it has found that nothing lacks
            "on: {workflow_call: {inputs: {level: {required: true, type: string, default: x}}}}\n",
            "wants `level` of its inputs",
        ),
        (
            "on:\n  workflow_call:\n    inputs:\n      level: {default: x}\n",
            "input `level` of .* has no `type`",
        ),
        (
            "on:\n  workflow_call:\n    inputs:\n      level: {type: [x]}\n",
            "input `level` of .* has no `type`",
        ),
        (
            "on:\n  workflow_call:\n    secrets:\n      TOKEN: {required: true}\n",
            "wants `TOKEN` of its secrets",
        ),
    ],
)
def test_a_file_that_cannot_be_called_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as caught:
        jobs(tmp_path, own(after="unit"), files={EXTRA: text})

    assert caught.value.exit_code == 2
    assert caught.value.next_step


@pytest.mark.parametrize(
    "row",
    [
        own("'a b'", after="unit"),
        own("'$(id)'", after="unit"),
        own("'${{ github.token }}'", after="unit"),
        own("'a\"b'", after="unit"),
        own("'1st'", after="unit"),
        own("__extra", after="unit"),
        own("a" * 100, after="unit"),
        own("unit", after="quality"),
        own("Unit", after="quality"),
        own("drift", after="unit"),
        own("success", after="unit"),
        own(after="unit", path=".github/workflows/absent.yml"),
        own(after="unit", path="elsewhere/extra.yml"),
        own(after="unit", path="../.github/workflows/extra.yml"),
        own(after="unit", path=".github/workflows/../workflows/extra.yml"),
        own(after="unit", path=".github/workflows/ex tra.yml"),
        own(after="unit", path="owner/repository/.github/workflows/extra.yml@main"),
        own(after="unit", path=".github/workflows/ci.yml"),
        own(after="unit", path=".github/workflows/test-unit.yml"),
        own(after="unit", path=f"{EXTRA}\n"),
        own(after="deploy"),
        own(before="images"),
        own(after="integration", before="quality"),
        own(after="unit", before="unit"),
        own(after="unit", permissions=["contents"]),
        own(after="unit", permissions=["contents: admin"]),
        own(after="unit", permissions=["everything: read"]),
        own(after="unit", permissions=["id-token: read"]),
        own(after="unit", permissions=["contents: read # x"]),
        own(after="unit", permissions=["contents: read\nx"]),
        own(after="unit") + own("EXTRA", after="unit"),
    ],
)
def test_what_no_workflow_could_hold_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(SettingsError) as caught:
        jobs(tmp_path, row)

    assert "workflows.own" in caught.value.message
    assert caught.value.exit_code == 2


# What is handed over

WANTING = {
    EXTRA: """\
on:
  workflow_call:
    inputs:
      level: {type: string, required: true}
      deep: {type: boolean}
      depth: {type: number, default: 1}
    secrets:
      TOKEN: {required: true}
      other:
"""
}


def given(folder: Path, inputs: object, secrets: object) -> dict[str, Any]:
    """The job that calls a workflow which wants an input and a secret."""
    row = own(after="unit", inputs=inputs, secrets=secrets)
    found: dict[str, Any] = jobs(folder, row, files=WANTING)["extra"]
    return found


def test_named_secrets_and_literal_inputs_are_handed_over(tmp_path: Path) -> None:
    inputs = {"level": "true", "deep": False, "depth": 2.5}
    found = given(tmp_path, inputs, {"token": "DEPLOY_TOKEN", "other": "other"})

    assert found["with"] == inputs
    assert found["secrets"] == {
        "token": "${{ secrets.DEPLOY_TOKEN }}",
        "other": "${{ secrets.other }}",
    }


def test_nothing_is_handed_over_unasked(tmp_path: Path) -> None:
    found = jobs(tmp_path, own(after="unit"))["extra"]

    assert "with" not in found
    assert "secrets" not in found


@pytest.mark.parametrize("text", ["", "a\nb", "'\"`$(id)", "null", "- a: b", "\x07", "$ {{x}}"])
def test_a_text_arrives_as_it_is(tmp_path: Path, text: str) -> None:
    assert given(tmp_path, {"level": text}, {"TOKEN": "T"})["with"] == {"level": text}


@pytest.mark.parametrize(
    ("inputs", "secrets", "setting", "reason"),
    [
        ({}, {"TOKEN": "T"}, "inputs", "wants `level` of its inputs"),
        ({"level": "a"}, {}, "secrets", "wants `TOKEN` of its secrets"),
        ({"level": "a", "levle": "a"}, {"TOKEN": "T"}, "inputs", "no `levle` among its inputs"),
        ({"level": "a"}, {"TOKEN": "T", "TOKE": "T"}, "secrets", "it has TOKEN, other"),
        ({"level": "a", "LEVEL": "b"}, {"TOKEN": "T"}, "inputs", "`LEVEL` is there twice"),
        ({"level": 1}, {"TOKEN": "T"}, "inputs.level", "wants a string"),
        ({"level": "a", "deep": "true"}, {"TOKEN": "T"}, "inputs.deep", "wants a boolean"),
        ({"level": "a", "depth": True}, {"TOKEN": "T"}, "inputs.depth", "wants a number"),
        ({"level": "a", "depth": "1"}, {"TOKEN": "T"}, "inputs.depth", "wants a number"),
        ({"level": "${{ github.head_ref }}"}, {"TOKEN": "T"}, "inputs.level", "an expression"),
        ({"level": "a"}, {"TOKEN": "GITHUB_TOKEN"}, "secrets.TOKEN", "is no secret"),
        ({"level": "a"}, {"TOKEN": "A }} ${{ x"}, "secrets.TOKEN", "is no secret"),
        ({"level": "a"}, {"TOKEN": "inherit it"}, "secrets.TOKEN", "is no secret"),
        ({"level": "a"}, {"TOKEN": ""}, "secrets.TOKEN", "is no secret"),
        ({"level": "a", "a b": "c"}, {"TOKEN": "T"}, "inputs", "no name of one of its inputs"),
    ],
)
def test_what_the_called_workflow_does_not_take_is_refused(
    tmp_path: Path, inputs: object, secrets: object, setting: str, reason: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        given(tmp_path, inputs, secrets)

    assert f"`workflows.own.extra.{setting}`" in caught.value.message
    assert reason in caught.value.message
    assert caught.value.exit_code == 2
    assert caught.value.next_step


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_number_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    row = (
        own(after="unit", secrets={"TOKEN": "T"}) + f"inputs.level = 'a'\ninputs.depth = {value}\n"
    )

    with pytest.raises(SettingsError, match=r"inputs\.depth"):
        jobs(tmp_path, row, files=WANTING)


@pytest.mark.parametrize(
    "values", [{"secrets": "inherit"}, {"secrets": ["T"]}, {"inputs": {"a": []}}]
)
def test_inherit_is_no_way_to_hand_over_secrets(tmp_path: Path, values: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"workflows\.own\.extra\."):
        jobs(tmp_path, own(after="unit", **values), files=WANTING)
