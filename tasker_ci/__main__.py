"""``python -m tasker_ci`` is the console script."""

from tasker_ci.faces.cli import main

main()
