"""Reads job titles: level, function and note. docs/titles.md says in words how.

`Reader` is a pure function of the rules and one title; `rapport title` calls it directly, and the computation reads each
distinct title once (`fill`, after titles.sql).
"""

from collections.abc import Iterator

import duckdb

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, listing
from mapping.statements import create
from mapping.title_sentence import Reading, Sentence
from mapping.title_text import JOINTS
from mapping.title_words import Words

__all__ = ["Reader", "Reading", "fill", "reader", "tables"]

REMEMBERED = 4
"""Rules whose words are kept ready; a process works with one set, tests with a few."""


class Reader:
    """Reads titles by one set of rules; the same title always reads the same."""

    def __init__(self, rules: Rules) -> None:
        self._words = Words(rules.titles)

    def read(self, title: str) -> Reading:
        """Say what a title says. Any text is a title; one that says nothing gives an empty reading."""
        row = self._words.row(title)
        if " ".join(word for word in row if word not in JOINTS) in self._words.lists["unknown"]:
            return Reading()
        return Sentence(self._words, row).reading()


_readers: dict[str, Reader] = {}


def reader(rules: Rules) -> Reader:
    """Give the reader for these rules; equal rules share one."""
    found = _readers.get(rules.digest)
    if found is None:
        if len(_readers) >= REMEMBERED:
            _readers.clear()
        found = _readers[rules.digest] = Reader(rules)
    return found


def tables(_rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give no rule table: titles are read by `fill`."""
    return iter(())


def fill(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Make `title_reading`: one row a distinct title, with level, function and note (NULL: the title does not say)."""
    read = reader(rules).read
    rows = [(title, *read(title)) for (title,) in connection.execute("SELECT title FROM title_text").fetchall()]
    made, _ = listing("title_reading", "title TEXT, level TEXT, function TEXT, note TEXT", [])
    create(connection, made, rows, temporary=True)
