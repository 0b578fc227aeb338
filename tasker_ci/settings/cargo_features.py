"""How settings say which features of cargo a session switches on."""

from __future__ import annotations

from typing import Literal

Features = Literal["all", "default", "none"] | tuple[str, ...]
"""`all` is --all-features, `default` no flag, `none` --no-default-features, a list --features."""

OwnFeatures = Literal["inherit", "all", "default", "none"] | tuple[str, ...]
"""Like `Features`; `inherit` takes the top-level `features`."""
