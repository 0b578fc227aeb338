from __future__ import annotations

from tasker_ci.foreign.invocations.flags import flag_table, has_table, take_apart


def test_a_table_has_what_its_parts_have() -> None:
    table = flag_table("test")
    assert table.names["-p"] == table.names["--package"] == "--package"
    assert table.names["--all"] == "--workspace"
    assert {"--features", "--manifest-path", "--test"} <= table.values
    assert table.joined == {"--timings"}
    assert has_table("nextest run")
    assert not has_table("frobnicate")


def test_a_flag_without_the_value_that_it_wants() -> None:
    found, _ = take_apart(("-p", "--lib"), flag_table("test"))
    assert found.flags == {"--package": (), "--lib": ()}


def test_a_number_below_zero_is_a_value() -> None:
    found, _ = take_apart(("-j", "-1"), flag_table("test"))
    assert found.flags == {"--jobs": ("-1",)}


def test_what_is_joined_is_no_value_of_the_next_word() -> None:
    found, _ = take_apart(("--timings", "name", "--timings=html"), flag_table("test"))
    assert (found.flags, found.words) == ({"--timings": ("html",)}, ("name",))


def test_only_what_stands_before_the_first_word() -> None:
    found, rest = take_apart(("-v", "-p", "a", "b", "-q"), flag_table("test"), until_word=True)
    assert (found.flags, rest) == ({"--verbose": (), "--package": ("a",)}, ("b", "-q"))


def test_a_flag_that_the_table_lacks() -> None:
    found, _ = take_apart(("--frob=1", "-x"), flag_table("test"))
    assert found.unknown_flags == ("--frob", "-x")


def test_nothing_after_two_dashes_is_another_thing_than_no_dashes() -> None:
    assert take_apart(("--",), flag_table("test"))[0].after_dashes == ()
    assert take_apart((), flag_table("test"))[0].after_dashes is None
