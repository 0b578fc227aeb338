"""Settings as files and text for other programs.

The disk is changed by `sync` alone; all else are functions of settings and of what lies there.
"""
