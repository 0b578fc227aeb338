"""How long `inventory` and `affected` take on a workspace of many Rust files.

Makes a repository of that many files, in which one has changed, and measures the console script as
a process of its own: with an empty cache, with a full one, and with one file changed since. Beside
them what any tool has to do: `git ls-files`, every file read, and parsed once by tree-sitter.
Of several processes at once the peak memory is that of the largest.
Run: python benchmarks/sources.py [files] [rounds]
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from timing import SCRIPTS, environment, measure, show_costs

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3  # noqa: PLR2004 - the words of the command
OF_A_PACKAGE = 100

READ = """
import pathlib, subprocess
names = subprocess.run(["git", "ls-files", "*.rs"], capture_output=True, text=True).stdout.split()
size = sum(len(pathlib.Path(name).read_bytes()) for name in names)
print(len(names), size)
"""
PARSE = (
    READ
    + """
import tree_sitter, tree_sitter_rust
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))
for name in names:
    parser.parse(pathlib.Path(name).read_bytes())
"""
)


def main() -> None:
    """Measure each case."""
    with tempfile.TemporaryDirectory(prefix="tasker-ci-benchmark-") as name:
        folder = Path(name)
        root = folder / "workspace"
        make(root)
        variables = environment(XDG_CACHE_HOME=str(folder / "cache"))
        lines = {
            "git ls-files, each file read": (sys.executable, "-c", READ),
            "the same, each file parsed once": (sys.executable, "-c", PARSE),
        }
        rows = {
            title: min(measure(words, root, variables) for _ in range(ROUNDS))
            for title, words in lines.items()
        }
        for session in ("inventory", "affected"):
            rows |= session_rows(session, root, folder / "cache", variables)
        show_costs(f"{FILES} Rust files", rows)


def session_rows(
    session: str, root: Path, cache: Path, variables: Mapping[str, str]
) -> dict[str, tuple[float, float, float]]:
    """What a session costs with an empty cache, a full one, and after a change."""
    more = ("--base", "HEAD") if session == "affected" else ()
    words = (str(SCRIPTS / "tasker-ci"), session, *more)
    changed = root / "crates/package-0/src/module_7.rs"
    cold, warm, after = [], [], []
    for number in range(ROUNDS):
        shutil.rmtree(cache, ignore_errors=True)
        cold.append(measure(words, root, variables))
        warm.append(measure(words, root, variables))
        with changed.open("a", encoding="utf-8") as stream:
            stream.write(f"// {session} {number}\n")
        after.append(measure(words, root, variables))
    return {
        f"{session}, empty cache": min(cold),
        f"{session}, full cache": min(warm),
        f"{session}, full cache, one file changed since": min(after),
    }


def make(root: Path) -> None:
    """A workspace whose packages depend on one another, committed."""
    source = random.Random(FILES)
    packages = max(1, FILES // OF_A_PACKAGE)
    for package in range(packages):
        folder = root / f"crates/package-{package}"
        (folder / "src").mkdir(parents=True)
        needs = sorted({source.randrange(package) for _ in range(3)}) if package else []
        depends = "".join(f'package-{each} = {{ path = "../package-{each}" }}\n' for each in needs)
        (folder / "Cargo.toml").write_text(
            f'[package]\nname = "package-{package}"\nversion = "0.1.0"\nedition = "2021"\n\n'
            f"[dependencies]\n{depends}",
            encoding="utf-8",
        )
        modules = range(FILES // packages - 1)
        declared = "".join(f"pub mod module_{each};\n" for each in modules)
        (folder / "src/lib.rs").write_text(f"//! A package.\n\n{declared}", encoding="utf-8")
        for each in modules:
            (folder / f"src/module_{each}.rs").write_text(module(source, each), encoding="utf-8")
    (root / "Cargo.toml").write_text(
        '[workspace]\nmembers = ["crates/*"]\nresolver = "2"\n', encoding="utf-8"
    )
    (root / ".gitignore").write_text("/target\n", encoding="utf-8")
    for words in (
        ("git", "init", "--quiet"),
        ("git", "add", "."),
        ("git", "-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "-m", "all"),
    ):
        subprocess.run(words, cwd=root, check=True, env=environment())
    subprocess.run(("cargo", "generate-lockfile", "--offline", "--quiet"), cwd=root, check=True)
    subprocess.run(("git", "add", "."), cwd=root, check=True)
    commit = ("git", "-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "-m", "lock")
    subprocess.run(commit, cwd=root, check=True)


def module(source: random.Random, number: int) -> str:
    """One file of some 150 lines: items with documentation, texts, and a module of tests."""
    parts = [f"//! What belongs to {number}.\n\nuse std::collections::HashMap;\n"]
    parts += [item(source, f"{number}_{each}") for each in range(source.randrange(3, 9))]
    tests = "".join(
        f"    #[test]\n    fn item_{each}_counts() {{\n"
        f'        assert_eq!(super::item_{number}_0(&["a", "b"]).len(), {each}, "of {number}");\n'
        "    }\n\n"
        for each in range(source.randrange(4))
    )
    return "\n".join((*parts, f"#[cfg(test)]\nmod tests {{\n{tests}}}\n"))


def item(source: random.Random, name: str) -> str:
    """A function and a type."""
    word = source.choice(("order", "path/to", "customer", "config", "level"))
    return f"""/// Counts the words of a list, as `{word}` does.
///
/// The result has each word once.
pub fn item_{name}(words: &[&str]) -> HashMap<String, usize> {{
    let mut found = HashMap::new();
    for (place, word) in words.iter().enumerate() {{
        if word.is_empty() || place > {source.randrange(1000)} {{
            continue; // nothing to count
        }}
        let count = found.entry((*word).to_string()).or_insert(0);
        *count += match *word {{
            "{word}" => 2,
            other if other.starts_with("{word}.") => 3,
            _ => 1,
        }};
    }}
    found
}}

/// What is known of `{word}`.
#[derive(Debug, Clone, Default)]
pub struct Known{name} {{
    pub name: String,
    pub values: Vec<u64>,
}}

impl Known{name} {{
    /// The sum of all values, and a message for people.
    pub fn told(&self) -> String {{
        let sum: u64 = self.values.iter().map(|value| value * {source.randrange(9)}).sum();
        format!("{{}} has {{sum}} of {word}", self.name)
    }}
}}
"""


if __name__ == "__main__":
    main()
