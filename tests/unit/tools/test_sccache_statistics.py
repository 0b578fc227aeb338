"""sccache's statistics become counts, one line, and a warning where nothing could be stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasker_ci.errors import ReportError
from tasker_ci.tools.sccache_statistics import (
    SccacheStatistics,
    in_bytes,
    parse_statistics,
    percent,
    summary_line,
    write_warning,
)


def document(
    *,
    hits: dict[str, int] | None = None,
    misses: dict[str, int] | None = None,
    write_errors: int = 0,
    requests: int = 12,
    location: str = 'Local disk: "/home/me/.cache/sccache"',
    multi_level: object = None,
) -> str:
    """What sccache 0.16.0 prints, without the fields that nobody reads."""
    return json.dumps(
        {
            "stats": {
                "compile_requests": requests,
                "requests_not_cacheable": 10,
                "requests_executed": 2,
                "cache_hits": {"counts": hits or {}, "adv_counts": {}},
                "cache_misses": {"counts": misses or {}, "adv_counts": {}},
                "cache_read_errors": 0,
                "cache_write_errors": write_errors,
                "multi_level": multi_level,
            },
            "cache_location": location,
            "cache_size": 4882,
            "version": "0.16.0",
        }
    )


def test_hits_and_misses_are_summed_over_languages() -> None:
    statistics = parse_statistics(document(hits={"Rust": 190, "C/C++": 10}, misses={"Rust": 30}))

    assert (statistics.hits, statistics.misses, statistics.cacheable) == (200, 30, 230)
    assert summary_line(statistics) == "sccache: 87 % of 230 cacheable requests were hits"


def test_where_nothing_was_cacheable_there_is_no_rate() -> None:
    statistics = parse_statistics(document())

    assert statistics.hit_rate is None
    assert percent(statistics) == "no data"
    assert summary_line(statistics) == "sccache: no data"


@pytest.mark.parametrize(
    ("hits", "misses", "line"),
    [
        (1, 0, "sccache: 100 % of 1 cacheable request was a hit"),
        (0, 4, "sccache: 0 % of 4 cacheable requests were hits"),
        (1, 2, "sccache: 33 % of 3 cacheable requests were hits"),
    ],
)
def test_the_line_for_the_end_of_a_run(hits: int, misses: int, line: str) -> None:
    assert summary_line(
        parse_statistics(document(hits={"Rust": hits}, misses={"Rust": misses}))
    ) == (line)


def test_what_could_not_be_stored_is_a_warning_with_the_place() -> None:
    warning = write_warning(parse_statistics(document(write_errors=3)), {})

    assert "could not store 3 results in Local disk" in warning
    assert "read-only" in warning


def test_without_write_errors_there_is_nothing_to_warn_of() -> None:
    assert write_warning(parse_statistics(document()), {}) == ""


@pytest.mark.parametrize(("mode", "warned"), [("READ_ONLY", False), ("READ_WRITE", True)])
def test_a_cache_that_is_only_read_refuses_and_that_is_no_trouble(
    mode: str, *, warned: bool
) -> None:
    found = parse_statistics(document(write_errors=3))

    assert bool(write_warning(found, {"SCCACHE_GHA_RW_MODE": mode})) == warned


def test_a_run_counts_what_came_after_its_start() -> None:
    before = parse_statistics(document(hits={"Rust": 5}, misses={"Rust": 5}, requests=10))
    after = parse_statistics(document(hits={"Rust": 14}, misses={"Rust": 6}, requests=30))

    run = after.since(before)

    assert (run.requests, run.hits, run.misses) == (20, 9, 1)
    assert summary_line(run) == "sccache: 90 % of 10 cacheable requests were hits"


def test_a_server_that_was_restarted_counts_from_nothing() -> None:
    before = parse_statistics(document(hits={"Rust": 50}, requests=100))
    after = parse_statistics(document(hits={"Rust": 2}, requests=3))

    assert after.since(before) == after


@pytest.mark.parametrize(
    ("location", "folder"),
    [
        ('Local disk: "/home/me/.cache/sccache"', Path("/home/me/.cache/sccache")),
        (r'Local disk: "/with \"quotes\" and \\"', Path('/with "quotes" and \\')),
        ("ghac, name: 90541, prefix: /sccache/", None),
        ("redis, name: redis://127.0.0.1:9, prefix: /", None),
        ("Multi-level (2 levels)", None),
    ],
)
def test_only_a_cache_on_this_disk_has_a_folder(location: str, folder: Path | None) -> None:
    assert parse_statistics(document(location=location)).local_folder == folder


def test_of_several_caches_behind_one_another_no_folder_is_the_cache() -> None:
    assert parse_statistics(document(multi_level=[{"name": "L0 (disk)"}])).local_folder is None


@pytest.mark.parametrize(
    "text",
    ["", "Compile requests 12", "[]", '{"stats": {}}', document().replace("12", '"many"')],
    ids=["nothing", "text", "a list", "no counts", "words for numbers"],
)
def test_what_is_not_sccaches_document_is_an_error_with_a_next_step(text: str) -> None:
    with pytest.raises(ReportError) as caught:
        parse_statistics(text)

    assert "statistics of sccache cannot be read" in caught.value.message
    assert "--show-stats" in caught.value.next_step


@pytest.mark.parametrize(
    ("size", "text"),
    [(None, "unknown"), (0, "0 B"), (1023, "1023 B"), (4882, "4.8 KiB"), (3 * 1024**4, "3.0 TiB")],
)
def test_sizes_for_people(size: int | None, text: str) -> None:
    assert in_bytes(size) == text


def test_counts_are_plain_values() -> None:
    assert parse_statistics(document(hits={"Rust": 1})) == SccacheStatistics(
        requests=12,
        hits=1,
        misses=0,
        write_errors=0,
        read_errors=0,
        not_cacheable=10,
        location='Local disk: "/home/me/.cache/sccache"',
        size=4882,
        multi_level=False,
    )
