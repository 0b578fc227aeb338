"""What the tools left behind, read and shown."""
