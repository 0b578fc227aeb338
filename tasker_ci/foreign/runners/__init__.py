"""What starts commands in turn: scripts, make, just, cargo make, cargo's aliases, xtask."""
