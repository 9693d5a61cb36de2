"""Brings the text of a job title into words and joints, before anybody asks what they mean.

`mapping.title_words` calls `tokens` for titles and for the phrases of the rules alike. What is taken away here carries no
meaning for level or function: case, accents, HTML entities, emoji, forms of gender, dots in abbreviations.
"""

import html
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

JOINTS = frozenset(",|()/&-")
"""Tokens that part a title; ``&`` stands for every "and", ``|`` for every strong sign between two titles."""

AND = frozenset(("and", "und", "et", "y", "e", "&", "+", "n", "sowie"))

LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})
APOSTROPHES = re.compile("['`´‘’ʼ]")  # noqa: RUF001 - the signs people type
CAPITAL_IN = re.compile(r"(?<=[a-zß])In(?:nen)?\b")
GENDER = re.compile(
    r"(?<=[a-z]{3})\s?[/:*_(·•.⋅-]{1,2}"
    r"(?:innen|in|rice|trice|euse|ienne|nne|ne|ere|ive|esse|ora|os|as|es|se|e|a|o|r|frau)\b\)?"
)
SEXES = re.compile(r"[(\[]\s*[mwfhdxgniv*]{1,3}(?:\s?[/|,*.]\s?[mwfhdxgniv*]{1,3})+\s*[)\]]")
SEXES_BARE = re.compile(r"\b[mwfhd]\s?/\s?[mwfhdx](?:\s?/\s?[mwfhdx])?\b")
DOTTED = re.compile(r"\b(?:[a-z]\.\s?)+[a-z]\b\.?")
SLASHED = re.compile(r"\b([a-z])/([a-z])\b")
DASH = re.compile(r"\s[-\u2010-\u2015]+\s?|-+\s|[\u2012-\u2015]")
STRONG = re.compile(r"[;|•·‣⋅:<>{}\[\]\\=~!?]")
PLAIN = re.compile(r"[a-z0-9, ]*")
"""Most titles: nothing but words and commas."""
TOKEN = re.compile(r"[a-z0-9]+|[,|()/&+@\x1f]")


def plain(text: str) -> str:
    """Give the text in lower case, without accents."""
    text = CAPITAL_IN.sub("", text)
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKD", text)
    bare = "".join(sign for sign in composed.casefold() if not unicodedata.combining(sign))
    return bare.translate(LETTERS)


def tokens(text: str, written: Mapping[str, str]) -> list[str]:
    """Split a title into words and joints; `written` says what to read for spellings made of signs ("R&D")."""
    read = plain(html.unescape(text) if "&" in text else text)
    if not PLAIN.fullmatch(read):
        read = SEXES_BARE.sub(" ", SEXES.sub(" ", GENDER.sub("", read)))
        if written:
            read = _spellings(tuple(written)).sub(lambda found: written[found.group()], read)
        read = SLASHED.sub(r"\1\2", DOTTED.sub(lambda found: re.sub(r"[.\s]", "", found.group()) + " ", read))
        read = STRONG.sub("|", DASH.sub("\x1f", APOSTROPHES.sub(" ", read)))
    return ["&" if word in AND else "-" if word == "\x1f" else word for word in TOKEN.findall(read)]


@lru_cache(maxsize=16)
def _spellings(written: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(written, key=lambda spelling: (-len(spelling), spelling))
    return re.compile(r"(?<![a-z])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![a-z])")
