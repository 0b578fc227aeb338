"""``python -m tasker_ci`` is the console script."""

from tasker_ci.plugin.cli import main

main()
