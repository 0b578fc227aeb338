"""The plan against the disk: what differs, writing it, and the way back."""
