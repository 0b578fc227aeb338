"""What a command of cargo's selects: packages, targets, features, tests."""
