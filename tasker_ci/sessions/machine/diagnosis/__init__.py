"""What could make a session fail on this machine, one small check each."""
