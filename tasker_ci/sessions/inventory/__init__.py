"""What no session tests: files, tests, doctests, targets and packages that are passed over."""
