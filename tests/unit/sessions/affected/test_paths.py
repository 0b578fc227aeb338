"""What a path means by its name, and a manifest by what differs in it."""

from __future__ import annotations

import pytest

from tasker_ci.sessions.affected.manifest import meaning
from tasker_ci.sessions.affected.paths import means_everything, means_nothing


@pytest.mark.parametrize(
    "path",
    [
        "Cargo.lock", "examples/x/Cargo.lock", "rust-toolchain", "rust-toolchain.toml",
        ".cargo/config.toml", ".config/nextest.toml", ".config/tasker-ci.toml",
        ".github/workflows/ci.yml", "migrations/1_x.sql", "crates/a/migrations/2.sql",
        ".sqlx/query-1.json", "crates/a/.sqlx/q.json", "docker-compose.yml", "compose.test.yaml",
        "docker/db/init.sh", "Dockerfile", "crates/a/Dockerfile.test", "app.Dockerfile",
        "proto/a.proto", "crates/a/x.proto", "config/test/a.toml", "crates/a/build.rs",
        ".gitmodules",
    ],
)  # fmt: skip
def test_a_path_that_means_everything(path: str) -> None:
    assert means_everything(path)


@pytest.mark.parametrize(
    "path",
    ["src/lib.rs", "crates/a/src/config/mod.rs", "crates/migrations-tool/src/lib.rs", "README.md",
     "src/builder.rs", "src/build.rs.txt", "crates/composer/src/a.rs"],
)  # fmt: skip
def test_a_path_that_does_not(path: str) -> None:
    assert not means_everything(path)


@pytest.mark.parametrize(
    "path",
    ["README.md", "crates/a/CHANGELOG.md", "LICENSE", "LICENSE-MIT", "licenses.toml",
     ".gitignore", "rustfmt.toml", "crates/a/clippy.toml", ".github/CODEOWNERS"],
)  # fmt: skip
def test_documentation_licences_and_style_mean_nothing(path: str) -> None:
    assert bool(means_nothing(path)) is (path != "licenses.toml")


@pytest.mark.parametrize("path", ["a.toml", "Makefile", "src/a.rs", "data.json", "x.mdx"])
def test_all_else_is_not_known(path: str) -> None:
    assert not means_nothing(path)


MANIFEST = '[package]\nname = "a"\nversion = "1.0.0"\n[dependencies]\nb = "1"\n'


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (MANIFEST, "nothing"),
        (f"# A comment.\n{MANIFEST}", "nothing"),
        (MANIFEST.replace("1.0.0", "1.0.1"), "package"),
        (f'{MANIFEST}[[test]]\nname = "t"\n', "package"),
        (f"{MANIFEST}[lints]\nworkspace = true\n", "package"),
        (MANIFEST.replace('b = "1"', 'b = "2"'), "everything"),
        (f"{MANIFEST}[dev-dependencies]\nc = '1'\n", "everything"),
        (f"{MANIFEST}[features]\nx = []\n", "everything"),
        (f"{MANIFEST}[profile.test]\nopt-level = 1\n", "everything"),
        ("no = toml = at all", "everything"),
        (None, "everything"),
    ],
)
def test_the_meaning_of_a_changed_manifest(new: str | None, expected: str) -> None:
    assert meaning(MANIFEST, new) == expected


def test_a_new_manifest_means_everything() -> None:
    assert meaning(None, MANIFEST) == "everything"
