"""Foreign YAML as nodes: whatever is wrong with it is one kind of error, and takes no time."""

from __future__ import annotations

import pytest

from tasker_ci.text.yaml_nodes import UnreadableYaml, entries, nodes_of, words


@pytest.mark.parametrize("piece", ["[", "{a: ", "[{a: ", "- [", "a: ["])
def test_deep_nesting_is_refused_before_it_is_read(piece: str) -> None:
    """The reader looks at all open brackets for each of them: 25 seconds for 20 000."""
    with pytest.raises(UnreadableYaml, match=r"nested too deeply|is not valid YAML"):
        nodes_of((piece * 20_000).encode())
    with pytest.raises(UnreadableYaml, match="nested too deeply"):
        nodes_of(f"{'[' * 20_000}{']' * 20_000}".encode())


def test_brackets_in_scripts_are_no_nesting() -> None:
    script = r"echo \"\033[31mred\033[0m\"" + "\n"
    text = f"run: |\n{''.join(f'  {script}' for _ in range(900))}on: [push, {{a: b}}]\n"
    assert words(entries(nodes_of(text.encode()))["on"]) == ("push",)
