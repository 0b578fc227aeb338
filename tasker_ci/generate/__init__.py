"""Settings as files and text for other programs: pure functions, no process, no screen."""
