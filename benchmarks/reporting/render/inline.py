"""The text inside blocks, made safe for markdown and for HTML: what is no mark of ours is shown as it is written.

Names, labels, devices, notes and messages come from paper files, results and other machines. Whatever they hold can
neither open a tag, a heading, a list or a cell, nor lead anywhere but to http(s) or a place beside the page.
"""

import re
from collections.abc import Callable
from html import escape, unescape

#: A code span, which begins and ends with as many backticks.
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
#: What would open a block of another kind at the beginning of a line.
_OPENS = re.compile(r"^(?=#{1,6}(?:\s|$)|>|[-+*]\s|[-+*]$|(?:[-*_=]\s*){3,}$|~~~|```|\|)|^(\d{1,9})(?=[.)](?:\s|$))")
#: A definition of a link or a note.
_DEFINES = re.compile(r"^(?=\[[^\]]*\]:)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_BACKSLASH = re.compile(r"\\(?=[!-/:-@\[-`{-~]|$)")
_LINK = re.compile(r"(!?)\[([^\]^]+)\]\(([^()\s]*)\)")
#: A bracket that no backslash makes a mere character.
_BRACKET = re.compile(r"(?<!\\)((?:\\\\)*)([\[\]])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """The text in one line, without characters that are not shown or turn the direction of writing."""
    return " ".join(_CONTROL.sub(" ", text).split()) if _needs_folding(text) else text


def _needs_folding(text: str) -> bool:
    return "\n" in text or "\t" in text or _CONTROL.search(text) is not None


def leads_beside_or_to_the_web(place: str) -> bool:
    """Whether a link may be followed: it has a relative path, or http(s)."""
    scheme = re.match(r"\s*([A-Za-z][A-Za-z0-9+.-]*):", place)
    if scheme:
        return scheme[1].lower() in ("http", "https")
    return not place.startswith(("//", "\\")) and not re.search(r"[<>\"'`\\]|%5c", place, re.IGNORECASE)


def markdown(text: str) -> str:
    """The text inside a paragraph, a heading or a note."""
    return _around_code(one_line(text), _plain_markdown, lambda ticks, code: f"{ticks}{code}{ticks}")


def markdown_line(text: str) -> str:
    """The same where it begins a line: a paragraph, an item of a list."""
    safe = markdown(text).lstrip()
    return _DEFINES.sub(r"\\", _OPENS.sub(lambda found: f"{found[1]}\\" if found[1] else "\\", safe))


def markdown_cell(text: str) -> str:
    """The same in a cell of a table, where a bar ends the cell, in code as well."""
    safe = _around_code(
        one_line(text), _plain_markdown, lambda ticks, code: f"{ticks}{code}{ticks}".replace("\\|", "|")
    )
    return re.sub(r"\|", r"\\|", safe)


def markdown_alt(text: str) -> str:
    """The same as what a picture shows, which ends at a bracket that nothing has opened."""
    safe, depth = markdown(text), 0
    for bracket in _BRACKET.findall(safe):
        depth += 1 if bracket[1] == "[" else -1
        if depth < 0:
            break
    return safe if depth == 0 else _BRACKET.sub(r"\1\\\2", safe)


def html(text: str, link: Callable[[str, str], str]) -> str:
    """The text as HTML; link: makes one of a text, in HTML already, and a place."""
    return _around_code(
        one_line(text), lambda plain: _plain_html(plain, link), lambda _, code: f"<code>{escape(code)}</code>"
    )


def _around_code(text: str, plain: Callable[[str], str], code: Callable[[str, str], str]) -> str:
    """The text with its code spans set aside while the rest is dealt with, so that marks may stand around them."""
    spans: list[str] = []

    def aside(found: re.Match[str]) -> str:
        spans.append(code(found[1], found[2]))
        return f"\x00{len(spans) - 1}\x01"

    return re.sub(r"\x00(\d+)\x01", lambda found: spans[int(found[1])], plain(_CODE.sub(aside, text)))


def _plain_markdown(text: str) -> str:
    text = _BACKSLASH.sub(r"\\\\", text).replace("`", "\\`")
    text = _TAG.sub("&lt;", _ENTITY.sub("&amp;", text))

    def linked(found: re.Match[str]) -> str:
        is_good = not found[1] and leads_beside_or_to_the_web(found[3])
        return f"[{found[2]}]\x02({found[3]})" if is_good else found[0]

    return _LINK.sub(linked, text).replace("](", "\\](").replace("\x02", "")


def _plain_html(text: str, link: Callable[[str, str], str]) -> str:
    text = escape(text)
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"(?<!\*)\*(?!\*)(.+?)\*", r"<em>\1</em>", text)

    def linked(found: re.Match[str]) -> str:
        is_good = not found[1] and leads_beside_or_to_the_web(unescape(found[3]))
        return link(found[2], found[3]) if is_good else found[0]

    return _LINK.sub(linked, text)
