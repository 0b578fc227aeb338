"""What workflows of the project's own do, which `sync` may replace."""
