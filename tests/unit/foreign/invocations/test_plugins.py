from __future__ import annotations

from tasker_ci.foreign.invocations import plugins
from tasker_ci.foreign.invocations.flags import has_table
from tasker_ci.rust.cargo_configuration import BUILT_IN


def test_every_subcommand_of_cargo_s_own_is_known() -> None:
    assert BUILT_IN - plugins.WITH_FLAGS.keys() <= plugins.WITHOUT_TESTS


def test_each_is_in_one_group_and_has_a_table_where_it_needs_one() -> None:
    groups = [plugins.WITH_FLAGS.keys(), plugins.LIKE.keys(), plugins.BEFORE]
    groups += [plugins.CHOOSES_ITSELF.keys(), plugins.WITHOUT_TESTS]
    names = [name for group in groups for name in group]
    assert len(names) == len(set(names))
    assert all(map(has_table, plugins.WITH_FLAGS))
    assert all(has_table(like) for like, _ in plugins.LIKE.values())
