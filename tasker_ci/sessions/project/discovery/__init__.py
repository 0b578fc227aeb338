"""What is there in a project that tasker-ci has never seen: read from files, nothing is built."""
