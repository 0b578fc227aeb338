"""Rust sources read without compiling them: what a file declares, what a target reaches."""
