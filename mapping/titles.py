"""Reads job titles: level, function and note, by word lists (see titles.sql)."""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, listing

RANKS = {"c-level": 5, "vp": 4, "director": 3, "manager": 2, "individual": 1}


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_title`: one row a phrase and what it speaks for."""
    rows = {
        (f" {phrase} ", kind, value, RANKS.get(value, 0), phrase.split()[0]) for phrase, kind, value in phrases(rules)
    }
    yield listing("rule_title", "phrase TEXT, kind TEXT, value TEXT, rank BIGINT, first_word TEXT", sorted(rows))


def phrases(rules: Rules) -> Iterator[tuple[str, str, str]]:
    """Yield each phrase with its kind and what it speaks for; phrases that set a flag speak for their kind."""
    words = rules.titles
    for kind, grouped in (("level", words.levels), ("function", words.functions)):
        for value, phrases in grouped.items():
            yield from ((phrase, kind, value) for phrase in phrases)
    for kind in ("board", "fractional", "former", "retired", "assistant", "other_person", "ignored"):
        yield from ((phrase, kind, kind) for phrase in words.__dict__[kind])
