"""What of a project's own CI the sessions do too."""
