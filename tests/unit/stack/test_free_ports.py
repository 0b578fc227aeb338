from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from tasker_ci.stack import free_ports
from tasker_ci.stack.free_ports import choose_ports, is_free, reserved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def stranger(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Somebody who listens; yields the port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_port_on_which_somebody_listens_is_not_free(address: str) -> None:
    with stranger(address) as port:
        assert not is_free(port)
    assert is_free(port)


@pytest.mark.parametrize("status", [200, 301, 503])
def test_whatever_a_stranger_answers_his_port_is_taken(status: int) -> None:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        taken = not is_free(server.server_port)
        server.shutdown()
        thread.join()
    assert taken


def test_connections_that_are_winding_down_do_not_take_a_port() -> None:
    with stranger() as port:
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.close()
    assert is_free(port)


def test_chosen_ports_are_free_distinct_and_below_those_of_clients(tmp_path: Path) -> None:
    ports = choose_ports(20, table=tmp_path / "chosen.json")
    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)
    assert max(ports) < free_ports._lowest_ephemeral()


def test_what_a_living_process_has_chosen_is_not_chosen_again(tmp_path: Path) -> None:
    table = tmp_path / "chosen.json"
    first = choose_ports(3, table=table)
    second = choose_ports(3, table=table)
    assert not set(first) & set(second)
    assert set(json.loads(table.read_text())) == {str(port) for port in (*first, *second)}


def test_what_a_dead_process_had_chosen_is_forgotten(tmp_path: Path) -> None:
    table = tmp_path / "chosen.json"
    # The pid lives, but it is not the process of that time.
    table.write_text(json.dumps({"20001": [os.getpid(), 1.0]}))
    (port,) = choose_ports(1, table=table)
    assert set(json.loads(table.read_text())) == {str(port)}


@pytest.mark.parametrize("text", ["", "[]", '{"20001": "me"}', '{"20001": [1]}'])
def test_a_damaged_table_is_made_anew(tmp_path: Path, text: str) -> None:
    table = tmp_path / "chosen.json"
    table.write_text(text)
    (port,) = choose_ports(1, table=table)
    assert list(json.loads(table.read_text())) == [str(port)]


def test_a_table_that_cannot_be_kept_hinders_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(choose_ports(2, table=tmp_path / "file" / "chosen.json")) == 2


def holder(table: Path, port: int) -> subprocess.Popen[str]:
    """Another process that has reserved a port."""
    program = (
        "import sys, pathlib, time\n"
        "from tasker_ci.stack.free_ports import reserved\n"
        "with reserved([int(sys.argv[2])], table=pathlib.Path(sys.argv[1]), where='/other') as t:\n"
        "    print(sorted(t), flush=True)\n"
        "    time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, table, str(port)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "[]\n"
    return process


class TestReserved:
    def test_what_somebody_has_reserved_is_named_and_nothing_else_taken(
        self, tmp_path: Path
    ) -> None:
        table = tmp_path / "chosen.json"
        with holder(table, 18080) as process:
            with reserved([18080, 18081], table=table, where="/here") as taken:
                assert {port: (each.pid, each.where) for port, each in taken.items()} == {
                    18080: (process.pid, "/other")
                }
            assert set(json.loads(table.read_text())) == {"18080"}
            process.kill()

    def test_a_dead_process_has_nothing(self, tmp_path: Path) -> None:
        table = tmp_path / "chosen.json"
        with holder(table, 18080) as process:
            process.kill()
        with reserved([18080], table=table, where="/here") as taken:
            assert taken == {}
            assert set(json.loads(table.read_text())) == {"18080"}
        assert json.loads(table.read_text()) == {}

    def test_chosen_ports_are_none_that_are_reserved(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        table = tmp_path / "chosen.json"
        monkeypatch.setattr(free_ports, "_candidates", lambda: iter((28080, 28081)))
        with reserved([28080], table=table, where="/here"):
            assert choose_ports(1, table=table) == (28081,)

    def test_one_process_cannot_have_a_port_twice(self, tmp_path: Path) -> None:
        table = tmp_path / "chosen.json"
        with reserved([18080], table=table, where="/one") as first:
            with reserved([18080], table=table, where="/two") as second:
                assert [each.where for each in second.values()] == ["/one"]
            assert first == {}
            assert set(json.loads(table.read_text())) == {"18080"}

    def test_a_failure_gives_the_port_back(self, tmp_path: Path) -> None:
        table = tmp_path / "chosen.json"
        with pytest.raises(ZeroDivisionError), reserved([18080], table=table, where="/here"):
            raise ZeroDivisionError
        assert json.loads(table.read_text()) == {}

    def test_a_table_that_cannot_be_kept_hinders_nobody(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with reserved([18080], table=tmp_path / "file" / "chosen.json", where="/") as taken:
            assert taken == {}

    def test_rows_of_an_earlier_version_are_read(self, tmp_path: Path) -> None:
        table = tmp_path / "chosen.json"
        created = psutil.Process().create_time()
        table.write_text(json.dumps({"18080": [os.getpid(), created]}))
        with reserved([18080], table=table, where="/here") as taken:
            assert [each.pid for each in taken.values()] == [os.getpid()]

    def test_a_step_of_the_clock_frees_no_port(self, tmp_path: Path) -> None:
        table = tmp_path / "chosen.json"
        with reserved([18080], table=table, where="/one"):
            rows = json.loads(table.read_text())
            rows["18080"][1] -= 3600.0
            table.write_text(json.dumps(rows))
            with reserved([18080], table=table, where="/two") as taken:
                assert list(taken) == [18080] if rows["18080"][3] else True
