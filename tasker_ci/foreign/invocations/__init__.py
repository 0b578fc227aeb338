"""Command lines of cargo and its tools, taken apart."""
