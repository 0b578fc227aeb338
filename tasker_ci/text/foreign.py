"""Foreign text: names, messages and output that others wrote, made harmless for who reads it.

A character that is not seen, that moves the cursor or that turns the direction of a line is
spelled out. A line that GitHub's runner would obey is broken with a backslash.
"""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks to Python that nothing shows: fillers, joiners, selectors."""

_SEQUENCE = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: titles, links, the clipboard
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colour, cursor, what is erased
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]"
)
_SHOWING = re.compile(r"\x1b\[(?:0|1|2|3|4|7|9|2[1-9]|[39][0-7]|4[0-7]|[34]9|10[0-7]|;)*m")
"""Colours and weights. What conceals, blinks or chooses by number is none of them."""

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_COMMAND = re.compile(r"\A(\s*)::")
_OLD_COMMAND = "##["


def one_line(text: str) -> str:
    r"""The text on one line: everything that is no visible character or blank is spelled out.

    A byte that is no UTF-8 (PEP 383) is ``\xNN``.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if _is_visible(each) else _spelled(each) for each in text)


def shortened(text: str, characters: int = 300) -> str:
    """The text, or its beginning with an ellipsis."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


def tabbed(text: str) -> str:
    """The text as in `one_line`, with its tabs."""
    return "\t".join(map(one_line, text.split("\t"))) if "\t" in text else one_line(text)


def plain(text: str) -> str:
    """The text with its line ends and tabs; all else as in `one_line`."""
    if text.isascii() and text.isprintable():
        return text
    lines = _LINE_ENDS.split(text)
    return "\n".join(map(tabbed, lines))


def unescaped(text: str) -> str:
    """A tool's output without its escape sequences, to be read by us; else it stays as it is."""
    return _SEQUENCE.sub("", text) if "\x1b" in text or "\x9b" in text else text


def without_sequences(text: str) -> str:
    """A tool's output without its escape sequences; what is left of control is spelled out."""
    return plain(unescaped(text))


def colored(text: str) -> str:
    """A tool's output with its colours and nothing else of its control; each line ends plain."""
    if "\x1b" not in text:
        return plain(text)
    return "\n".join(map(_colored_line, _LINE_ENDS.split(text)))


def _colored_line(line: str) -> str:
    parts: list[str] = []
    end, lit = 0, False
    for found in _SEQUENCE.finditer(line):
        parts.append(plain(line[end : found.start()]))
        end = found.end()
        if _SHOWING.fullmatch(found[0]):
            parts.append(found[0])
            lit = True
    parts.append(plain(line[end:]))
    return "".join(parts) + ("\x1b[0m" if lit and "\x1b[" in line else "")


def disarmed(text: str) -> str:
    """The text without any line that GitHub's runner reads as a command.

    ``::`` counts where a line begins, blanks before it or not, and ``##[`` wherever it stands.
    https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
    """
    if "::" not in text and _OLD_COMMAND not in text:
        return text
    return "\n".join(map(_disarmed_line, text.split("\n")))


def _disarmed_line(line: str) -> str:
    line = line.replace(_OLD_COMMAND, "##\\[")
    if not _COMMAND.match(unescaped(line)):
        return line
    return line.replace("::", "\\::", 1)


def _is_visible(letter: str) -> bool:
    return letter.isprintable() and not _INVISIBLE.match(letter)


def _spelled(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode("ascii")
