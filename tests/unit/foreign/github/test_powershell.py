"""Simple lines of PowerShell and cmd mean the same in a shell that is read."""

from __future__ import annotations

import pytest

from tasker_ci.foreign.github.powershell import from_batch, from_powershell

UNKNOWN = "${{ what PowerShell makes }}"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cargo test --workspace", "cargo test --workspace"),
        ('cargo test --features "a b"', 'cargo test --features "a b"'),
        ("cargo test -p ${{ vars.P }}", "cargo test -p ${{ vars.P }}"),
        ("cargo test --target $env:TARGET", "cargo test --target $TARGET"),
        ("& cargo test", "cargo test"),
        (r".\scripts\run.ps1 a", "./scripts/run.ps1 a"),
        ("Set-Location core", "cd core"),
        ('$env:RUSTFLAGS = "-D warnings"', "export RUSTFLAGS='-D warnings'"),
        ('echo "A=1" >> $env:GITHUB_ENV', "echo 'A=1' >> \"$GITHUB_ENV\""),
        ('"A=1" | Out-File -FilePath $env:GITHUB_ENV -Append', "echo 'A=1' >> \"$GITHUB_ENV\""),
        ("# cargo test", ""),
        ("cargo test | Tee-Object log", "cargo test"),
        ("cargo test 2>&1 | Out-File log", "cargo test"),
        ("cargo test > log.txt", "cargo test > log.txt"),
        ("cargo test $NOBODY --lib", "cargo test  --lib"),  # not $env:NOBODY
        ("cargo test -- (-split $Env:A)", f"cargo test -- {UNKNOWN}"),
        ("cargo test $args", f"cargo test {UNKNOWN}"),
        ('cargo test --features "a $args"', f"cargo test --features {UNKNOWN}"),
        ('echo "RUSTC_WRAPPER=cargo test" >> $GITHUB_ENV', ""),  # not $env:GITHUB_ENV
        ("$version = (Select-String -Path Cargo.toml -Pattern 'cargo test').Matches", ""),
        ('if ($name -match "^cargo-nextest-(.+)$") {', ""),
    ],
)
def test_lines_that_are_read(line: str, expected: str) -> None:
    found = from_powershell(line)
    assert (found.text, found.unread) == (expected, ())


@pytest.mark.parametrize(
    "line",
    [
        "if ($x) { cargo test }",
        "Get-Content x | cargo test",
        "iex (cargo env)",
        '$x = "a"; cargo test',
        "foreach ($x in 1..3) { cargo test }",
        '& "$home\\.cargo\\bin\\cargo.exe" test',
        "Start-Process x",
        "& $script",
        "echo $(cargo test)",
    ],
)
def test_lines_that_may_start_something(line: str) -> None:
    found = from_powershell(f"\n{line}")
    assert (found.text.strip(), found.unread) == ("", (1,))


def test_lines_keep_their_places() -> None:
    found = from_powershell(
        "cargo test `\n  --all `\n  --lib\nif ($x) {\n  cargo doc\n}\ncargo fmt"
    )
    assert found.text == "cargo test --all --lib\n\n\n\n\n\ncargo fmt"
    assert found.unread == (4,)


def test_cmd() -> None:
    found = from_batch(
        "@echo off\nset A=1\nREM cargo\ncall cargo test -p %P%\nfor %%i in (a) do cargo x"
    )
    assert found.text == "\nexport A='1'\n\ncargo test -p $P\n"
    assert found.unread == (4,)
