"""Subcommands of cargo, by what they do with tests."""

from __future__ import annotations

from tasker_ci.foreign.invocations.invocation import Action

WITH_FLAGS = {
    "test": Action.TEST,
    "bench": Action.BENCH,
    "build": Action.BUILD,
    "rustc": Action.BUILD,
    "check": Action.CHECK,
    "fix": Action.CHECK,
    "clippy": Action.LINT,
    "doc": Action.DOC,
    "rustdoc": Action.DOC,
    "run": Action.RUN,
    "package": Action.PUBLISH,
    "publish": Action.PUBLISH,
    "install": Action.BUILD,
}
"""Cargo's own with a table of flags."""

LIKE = {
    "criterion": ("bench", Action.BENCH),
    "codspeed": ("bench", Action.BENCH),
    "xbuild": ("build", Action.BUILD),
    "zigbuild": ("build", Action.BUILD),
    "tarpaulin": ("tarpaulin", Action.TEST),
    "flamegraph": ("run", Action.RUN),
}
"""Programs that take the flags of one of cargo's subcommands, and more of their own."""

BEFORE = frozenset(
    {
        *("auditable", "careful", "component", "dinghy", "insta", "minimal-versions", "miri"),
        *("ndk", "no-dev-deps", "pgo", "px", "valgrind", "wasi", "with", "xwin"),
    }
)
"""Programs that stand before one of cargo's subcommands: ``cargo miri test``."""

CHOOSES_ITSELF = {
    "mutants": "`cargo mutants` chooses the tests that it runs",
    "pgrx": "`cargo pgrx` starts a PostgreSQL and runs tests within it",
    "test-all-features": "`cargo test-all-features` builds sets of features of its own",
    "all-features": "`cargo all-features` builds sets of features of its own",
    "leptos": "`cargo leptos` reads the packages and their features from its settings",
    "watch": "`cargo watch` runs what its options name",
}

_WITHOUT_TESTS = """
about add ament-build apk asm audit autoinherit bacon bininstall binstall binutils bisect-rustc
bloat bootimage bump bundle c cache capi cbuild changelog check-external-types chef ci-cache-clean
cinstall clean clone codemap config contribute crev criner cyclonedx deadlinks deb deny depgraph
deps diet dist doc-coverage doc2readme docs-rs docset download duplicates dylint edit embed espflash
expand export external-types feature-manager features-manager fetch fmt fuzz geiger generate
generate-lockfile generate-rpm git-cliff graph groups guppy hakari help i18n info init
install-update interactive-update kani kill license licensify lichking linked-docs lints lipo
llvm-lines local-install local-registry locate-project lock lockdiff login logout machete
make-readme metadata modules msrv new nm nono objcopy objdump outdated override owner packager pants
pkgid prefetch prof profdata public-api publish-all publish-crates publish-workspace quickinstall
rdme read-manifest readme readobj release release-plz remove report rpm rustdoc-md samply sbom
search semver semver-checks set-version shear show-asm size smart-release sonar sort sort-derives
spellcheck sqlx ssort strip supply-chain sweep sync-rdme sync-readme tarball tauri toml toml-fmt
tree udeps uninstall unmaintained unused-features update update-msrv upgrade vendor vendor-filterer
verify verify-project version vet web wix wizard workspace-inheritance-check workspace-lints
workspace-unused-pub workspaces yank zepter
"""
WITHOUT_TESTS = frozenset(_WITHOUT_TESTS.split())
"""Those that run no test and compile none."""

REFUSES = {"binstall": frozenset({"--no-default-features"})}
"""Flags of cargo that a program for cargo takes in none of its releases."""

FORMATS = frozenset({"fmt"})
