"""`audit` fetches for real: from a git server over TLS on this machine, which may refuse at first.

cargo-audit takes `https://` only, so the server has a certificate of its own, made for the test and
trusted through SSL_CERT_FILE.
"""

from __future__ import annotations

import http.server
import ipaddress
import os
import shutil
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import cargo_registry
import faces
import pytest

from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.process.signals import Signals
from tasker_ci.sessions.audit.errors import AuditFindings
from tasker_ci.sessions.audit.session import audit_workspace
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasker_ci.context import Outcome

RESOURCES = Path(__file__).parents[1] / "resources" / "audit"


@dataclass
class GitServer:
    """Serves the bare repositories of a folder through `git http-backend`."""

    folder: Path
    refusals: int = 0
    """How many requests are still to be refused."""
    port: int = 0
    certificate: Path = field(init=False)

    def __post_init__(self) -> None:
        self.certificate = self.folder / "certificate.pem"

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/advisories.git"

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = read_body(request)
        if self.refusals:
            self.refusals -= 1
            request.send_error(503)
            return
        path, _, query = request.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": request.command,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        }
        answer = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=True
        )
        head, _, content = answer.stdout.partition(b"\r\n\r\n")
        request.send_response(200)
        for line in head.decode().splitlines():
            name, _, value = line.partition(": ")
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)


def read_body(request: http.server.BaseHTTPRequestHandler) -> bytes:
    if request.headers.get("Transfer-Encoding") != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length", 0)))
    chunks = []
    while size := int(request.rfile.readline(), 16):
        chunks.append(request.rfile.read(size))
        request.rfile.readline()
    request.rfile.readline()
    return b"".join(chunks)


def make_certificate(file: Path) -> None:
    """Write a certificate for 127.0.0.1 and its key, both for the length of a test."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    served = GitServer(folder)
    make_certificate(served.certificate)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.answer(self)

        def do_POST(self) -> None:
            served.answer(self)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(served.certificate)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        listener.socket = tls.wrap_socket(listener.socket, server_side=True)
        served.port = listener.server_port
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        yield served
        listener.shutdown()
        thread.join()


def publish(server: GitServer, checkout: Path) -> None:
    """Commit what lies in ``checkout`` and serve it."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(server.folder)}
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    bare = server.folder / "advisories.git"
    steps: list[tuple[str, ...]] = (
        [] if bare.exists() else [("init", "-q"), ("init", "-q", "--bare", str(bare))]
    )
    steps += [
        ("add", "--all"),
        (*who, "commit", "-qm", "Advisories"),
        ("push", "-q", str(bare), "HEAD"),
    ]
    for arguments in steps:
        subprocess.run(["git", *arguments], cwd=checkout, env=environment, check=True)


@dataclass
class Audit:
    """Audits of one workspace that fetch from the server."""

    root: Path
    server: GitServer
    printed: str = ""
    pauses: list[float] = field(default_factory=list)

    def run(self) -> Outcome:
        environment = faces.clean_environment(
            CARGO_HOME=str(self.root / "cargo-home"),
            SSL_CERT_FILE=str(self.server.certificate),
            CI="true",
        )
        cancellation = Cancellation()
        with Signals(cancellation):
            context = make_context(
                self.root,
                environment=environment,
                runner=ProcessRunner(cancellation),
            )
            try:
                return audit_workspace(context, sleep=self.pauses.append)
            finally:
                self.printed += context.printed


@pytest.fixture
def audit(tmp_path: Path, server: GitServer, require_tool: Callable[[str], Path]) -> Audit:
    require_tool("cargo-audit")
    root = tmp_path / "workspace"
    cargo_registry.copy_workspace(RESOURCES / "workspace", root)
    (root / ".cargo").mkdir()
    (root / ".cargo" / "audit.toml").write_text(
        f'[database]\nurl = "{server.url}"\nstale = false\n[yanked]\nenabled = false\n',
        encoding="utf-8",
    )
    return Audit(root, server)


def test_a_database_is_fetched_and_later_brought_up_to_date(
    audit: Audit, server: GitServer, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    quiet = checkout / "crates" / "healthy"
    shutil.copytree(RESOURCES / "database" / "crates" / "healthy", quiet)
    publish(server, checkout)

    before = audit.run()
    shutil.copytree(RESOURCES / "database" / "crates" / "worse", checkout / "crates" / "worse")
    publish(server, checkout)
    with pytest.raises(AuditFindings) as raised:
        audit.run()

    assert before.data["database"]["fetched"] is True
    assert before.data["database"]["advisories"] == 1
    assert before.data["database"]["date"] == datetime.now(UTC).date().isoformat()
    assert [found["crate"] for found in raised.value.data["findings"]] == ["worse"]
    assert raised.value.data["database"]["commit"] != before.data["database"]["commit"]


def test_a_server_that_refuses_at_first_is_asked_again(
    audit: Audit, server: GitServer, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(RESOURCES / "database" / "crates" / "healthy", checkout / "crates" / "healthy")
    publish(server, checkout)
    server.refusals = 2

    outcome = audit.run()

    assert outcome.data["database"]["fetched"] is True
    assert audit.pauses == [2.0, 4.0]
    assert "(attempt 3 of 3)" in audit.printed
    assert "503" in audit.printed


def test_when_the_server_goes_on_refusing_the_last_good_copy_is_used(
    audit: Audit, server: GitServer, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(RESOURCES / "database" / "crates" / "healthy", checkout / "crates" / "healthy")
    publish(server, checkout)
    fetched = audit.run()
    server.refusals = 3

    outcome = audit.run()

    assert "USING A LOCAL ADVISORY DATABASE" in audit.printed
    assert outcome.data["database"]["stale"] is True
    assert outcome.data["database"]["commit"] == fetched.data["database"]["commit"]
