"""The faces of the sessions: nox, invoke and the console script. No logic of their own."""
