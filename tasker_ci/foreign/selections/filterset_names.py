"""Whether a name matches what a filterset says of it."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from itertools import product

_LONGEST_PATTERN = 500
_LONGEST_NAME = 200
_MOST_REPEATS = 2
"""With more of them, a hostile pattern takes a time without end."""
_MOST_ALTERNATIVES = 64

_CLASS = r"\[\^?(?:[\w\s:.,_/#=@!<>;'\"%&~`*+?(){}|$-]|\\[\\\]^.*+?()/dws-])+\]"
_PLAIN = re.compile(
    rf"(?:\(\?i\))?(?:[\w\s:.,/#=@!<>;'\"%~`^$|-]|\\[.*+?()/\[\]{{}}|^$\\dwsDWSb:-]|{_CLASS}"
    r"|[*+?]\??|\((?:\?:)?|\)|\{\d{1,2}(?:,\d{1,2})?\})*",
)
"""What Rust's regular expressions and Python's mean alike."""

_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")
_SPECIAL_GROUP = re.compile(r"(?!^)\(\?[^:]|^\(\?[^:i]")
_REPEAT = re.compile(r"(?<!\\)(?:[*+]|\{)")
_BRACES = re.compile(r"\{([^{}]*)\}")


def name_matches(matcher: str, value: str, name: str) -> bool | None:
    """Whether a name matches; None where that cannot be said."""
    if matcher == "equal":
        return value == name
    if matcher == "contains":
        return value in name
    patterns = _of_glob(value) if matcher == "glob" else _of_regex(value)
    if patterns is None or len(name) > _LONGEST_NAME:
        return None
    if matcher == "glob":
        return any(pattern.match(name) for pattern in patterns)
    return any(pattern.search(name) for pattern in patterns)


@lru_cache(maxsize=512)
def _of_regex(text: str) -> tuple[re.Pattern[str], ...] | None:
    if len(text) > _LONGEST_PATTERN or _REPEATED_GROUP.search(text) or _SPECIAL_GROUP.search(text):
        return None
    if "&&" in text or "--" in text or "[[" in text or not _PLAIN.fullmatch(text):
        return None
    if any(len(_REPEAT.findall(each)) > _MOST_REPEATS for each in text.split("|")):
        return None
    try:
        return (re.compile(text),)
    except (re.error, OverflowError):
        return None


@lru_cache(maxsize=512)
def _of_glob(text: str) -> tuple[re.Pattern[str], ...] | None:
    """A pattern with ``*``, ``?``, ``[…]`` and ``{a,b}``, for each of its alternatives."""
    if len(text) > _LONGEST_PATTERN or "\\" in text:
        return None
    parts = _BRACES.split(text)
    fixed, braces = parts[::2], [each.split(",") for each in parts[1::2]]
    if any(sign in each for each in fixed for sign in "{}") or _has_open_class(text):
        return None
    count = 1
    for each in braces:
        count *= len(each)
    if count > _MOST_ALTERNATIVES:
        return None
    found = []
    for chosen in product(*braces):
        inside = (*chosen, "")
        whole = "".join(f"{each}{inside[place]}" for place, each in enumerate(fixed))
        found.append(re.compile(translate(whole)))
    return tuple(found)


def _has_open_class(text: str) -> bool:
    """Whether a ``[`` has no end, or something between that only Rust reads."""
    place = text.find("[")
    while place >= 0:
        end = text.find("]", place + 2)
        if end < 0 or set(text[place + 1 : end]) & set("[{},"):
            return True
        place = text.find("[", end)
    return False
