"""Plain data as YAML text, with the version of an action as a comment behind its SHA."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Remarked(str):
    """A text with a comment behind it on its line."""

    __slots__ = ("remark",)

    remark: str

    def __new__(cls, text: str, remark: str) -> Self:
        """``remark`` is the comment, without ``#``."""
        self = super().__new__(cls, text)
        self.remark = remark
        return self


def yaml_text(data: Mapping[str, Any]) -> str:
    """Return the data as YAML in block style; texts of several lines become literal blocks.

    Equal data gives equal text. Values are strings, numbers, truth values, None, lists, mappings.
    """
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 2**16  # a folded line would put a newline into a shell command or an expression
    yaml.indent(mapping=2, sequence=4, offset=2)
    # The anchors that ruamel.yaml would write for values that occur twice are foreign to GitHub.
    yaml.representer.ignore_aliases = lambda _: True
    yaml.representer.add_representer(type(None), _nothing)
    stream = io.StringIO()
    yaml.dump(_mapping(data, quoted=False), stream)
    return stream.getvalue()


def _nothing(representer: Any, _: None) -> Any:
    """A key without a value, as people write `merge_group:`."""
    return representer.represent_scalar("tag:yaml.org,2002:null", "")


def _node(value: Any) -> Any:
    if isinstance(value, dict):
        return _mapping(value)
    if isinstance(value, list | tuple):
        return _sequence(value)
    if isinstance(value, str):
        return _scalar(value)
    return value


def _mapping(data: Mapping[str, Any], *, quoted: bool = True) -> Any:
    """``quoted``: keys too; not on top, where everybody and every linter knows a plain `on:`."""
    from ruamel.yaml.comments import CommentedMap

    result = CommentedMap()
    for name, value in data.items():
        key = _scalar(name) if quoted else name
        result[key] = _node(value)
        if isinstance(value, Remarked):
            result.yaml_add_eol_comment(value.remark, key, column=0)
    return result


def _sequence(items: Sequence[Any]) -> Any:
    from ruamel.yaml.comments import CommentedSeq

    return CommentedSeq([_node(item) for item in items])


def _scalar(text: str) -> Any:
    from ruamel.yaml.scalarstring import (
        DoubleQuotedScalarString,
        LiteralScalarString,
        SingleQuotedScalarString,
    )

    plain = str(text)
    if not plain.replace("\n", "").isprintable():
        return DoubleQuotedScalarString(plain)  # the one style with escapes
    if "\n" in plain:
        return LiteralScalarString(plain)
    return SingleQuotedScalarString(plain) if _OTHER_IN_1_1.fullmatch(plain) else plain


_OTHER_IN_1_1 = re.compile(
    r"y|n|yes|no|on|off|=|<<|[-+]?[0-9][0-9_:,.]*|[-+]?0[bx][0-9a-f_]+", re.IGNORECASE
)
"""What older readers take for a truth value, a number or a time: https://yaml.org/type/"""
