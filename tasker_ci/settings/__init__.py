"""The typed values of one workspace and where each of them came from."""
