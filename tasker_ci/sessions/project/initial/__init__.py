"""What `init` writes into a project: both plugs, the settings, git hooks. Nothing is lost."""
