"""The examples of GitHub's own sheet, and those that people get wrong."""

from __future__ import annotations

import pytest

from tasker_ci.foreign.github.patterns import matches, takes_any


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*", "README.md", True),
        ("*", "docs/README.md", False),
        ("*.jsx?", "page.js", True),
        ("*.jsx?", "page.jsx", True),
        ("**", "all/the/files.md", True),
        ("*.js", "js/index.js", False),
        ("**.js", "js/index.js", True),
        ("docs/*", "docs/file.txt", True),
        ("docs/*", "docs/a/file.txt", False),
        ("docs/**", "docs/a/b.md", True),
        ("docs/**", "docs", False),
        ("docs/**/*.md", "docs/README.md", True),
        ("docs/**/*.md", "docs/a/markdown/file.md", True),
        ("**/docs/**", "dir/docs/my-file.txt", True),
        ("**/docs/**", "docs/hello.md", True),
        ("**/README.md", "js/README.md", True),
        ("**/*src/**", "a/src/app.js", True),
        ("**/*src/**", "my-src/code/js/app.js", True),
        ("**/migrate-*.sql", "db/sept/migrate-v1.sql", True),
        ("v[12].[0-9]+.[0-9]+", "v1.10.1", True),
        ("v[12].[0-9]+.[0-9]+", "v3.0.0", False),
        ("rust-toolchain", "rust-toolchain.toml", False),
        ("crates/core", "crates/core/src/lib.rs", False),
        ("[", "[", True),
    ],
)
def test_a_pattern_fits_as_github_says(pattern: str, name: str, fits: bool) -> None:
    assert matches([pattern], name) is fits
    assert takes_any(pattern, [name]) is fits


def test_the_last_pattern_that_fits_decides() -> None:
    assert not matches(["**.rs", "!tests/**"], "tests/a.rs")
    assert matches(["**.rs", "!tests/**", "tests/a.rs"], "tests/a.rs")
    assert not matches(["!README.md", "!*.txt"], "a.rs")
