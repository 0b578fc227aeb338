"""Workspaces as their manifests describe them, read without cargo."""
