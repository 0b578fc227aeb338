"""What GitHub runs: the workflows of a project and their action, as typed values."""
