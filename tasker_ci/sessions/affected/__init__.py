"""Which packages the changes since a commit affect; what is not certain affects everything."""
