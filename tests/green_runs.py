"""Runs of ci.yml as GitHub knows them, and what their jobs left, with every fault of a test."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from github_server import Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from github_server import Asked

RUN = 77


def archive(files: Mapping[str, str]) -> bytes:
    """A zip file, as an artifact is downloaded."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        for name, text in files.items():
            opened.writestr(name, text)
    return target.getvalue()


@dataclass(kw_only=True)
class GreenRun:
    """One run in the merge queue, and the answers about it: everything can be changed."""

    tree: str
    repository: str
    proofs: dict[str, dict[str, Any]]
    """What the jobs left, by what ends their names."""
    row: dict[str, Any] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    more: dict[str, bytes] = field(default_factory=dict)
    """Other artifacts, by their names."""
    expired: bool = False

    def __post_init__(self) -> None:
        created = datetime.now(UTC) - timedelta(seconds=2)
        home = {"full_name": self.repository}
        self.row = {
            "id": RUN,
            "path": ".github/workflows/ci.yml",
            "event": "merge_group",
            "status": "completed",
            "conclusion": "success",
            "run_attempt": 1,
            "created_at": f"{created:%Y-%m-%dT%H:%M:%SZ}",
            "head_sha": "c" * 40,
            "head_commit": {"id": "c" * 40, "tree_id": self.tree},
            "repository": home,
            "head_repository": home,
        }
        self.jobs = [
            self.job("Generated files"),
            self.job("Tested already", "skipped"),
            *(self.job(f"Some stage / {leg}") for leg in self.proofs),
            self.job("ci-success / ci-success"),
        ]

    @staticmethod
    def job(name: str, conclusion: str = "success") -> dict[str, Any]:
        return {"name": name, "status": "completed", "conclusion": conclusion}

    def answer(self, asked: Asked, before: int) -> Reply | None:
        """What GitHub says; for `GitHub.fault`."""
        del before
        parts = urlsplit(asked.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        words = parts.path.removeprefix(f"/repos/{self.repository}/actions/").split("/")
        files = {f"proof-{leg}": self._zip(proof) for leg, proof in self.proofs.items()} | self.more
        match words:
            case ["workflows", "ci.yml", "runs"]:
                # `event` is all that this server filters by: what it lets through, we must not.
                found = [self.row] if query["event"] == self.row["event"] else []
                return json_reply({"total_count": len(found), "workflow_runs": found})
            case ["runs", _, "attempts", "1", "jobs"]:
                return json_reply({"total_count": len(self.jobs), "jobs": self.jobs})
            case ["runs", _, "artifacts"]:
                rows = [
                    {
                        "id": place,
                        "name": name,
                        "size_in_bytes": len(content),
                        "expired": self.expired,
                    }
                    for place, (name, content) in enumerate(files.items(), start=1)
                ]
                return json_reply({"total_count": len(rows), "artifacts": rows})
            case ["artifacts", number, "zip"]:
                return Reply(body=list(files.values())[int(number) - 1])
        return json_reply({"message": "Not Found"}, status=404)

    @staticmethod
    def _zip(proof: Mapping[str, Any]) -> bytes:
        return archive({"tested.json": json.dumps(proof)})
