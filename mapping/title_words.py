"""The words that titles are read by: the rule file's phrases, ready to be looked up, and every word's known form.

`mapping.titles` asks two things: which known word is meant by a word of a title (feminine, plural, a German compound, a
misspelling), and where the phrases of a kind stand in a row of words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from mapping.spec import TitleRules
from mapping.title_text import JOINTS, tokens

Key = TypeVar("Key", bound=str)

OCCUPATION = "occupation"
"""Stands for every word that names somebody by what they do without being known."""

FEMININE = (
    ("leitung", "leiter"),
    ("fe", ""),
    ("trice", "teur"),
    ("euse", "eur"),
    ("ienne", "ien"),
    ("iere", "ier"),
    ("ere", "er"),
    ("innen", ""),
    ("in", ""),
    ("in", "e"),
    ("esa", "e"),
    ("essa", "e"),
    ("ive", "if"),
    ("a", ""),
    ("a", "o"),
    ("a", "e"),
    ("ee", "e"),
    ("e", ""),
    ("er", ""),
    ("en", ""),
    ("er", "e"),
    ("es", "e"),
    ("es", ""),
)
"""Endings that say who holds the title -> what stands in the rules."""
PLURAL = ("es", "s", "en", "n")
LINKING = ("", "s", "es", "n", "en", "er", "e", "ungs")
UMLAUT = (("ae", "a"), ("oe", "o"), ("ue", "u"))
LISTS = (
    *("whole_company", "function_last", "serving", "yielding", "things", "thing_ranks", "alone", "bodies"),
    *(
        "postfixed",
        "deputies",
        "deputies_behind",
        "deputy_ranks",
        "juniors",
        "servants",
        "helpers",
        "credentials",
        "companies",
        "at",
        "of",
    ),
)
"""Lists of the rules whose words are only compared, never looked for."""
SIGNS = ("board", "fractional", "interim", "former", "retired", "aspiring", "assistant", "other_person", "ignored")
"""Kinds of phrases that say something about the title as a whole."""
PAST = "ex"
SHORTEST_INFLECTED = 4
SHORTEST_COMPOUND = 7
SHORTEST_TAIL = 6
SHORTEST_MISSPELT = 5
SHORTEST_PART = 3


class Span(NamedTuple):
    """A phrase found in a row of words: from `start` up to before `end`, and what it speaks for."""

    start: int
    end: int
    phrase: str
    value: str


class Phrases:
    """Phrases of one kind, found longest first; each word counts in one phrase."""

    def __init__(self, phrases: Iterable[tuple[tuple[str, ...], str]]) -> None:
        self._by_word: dict[str, list[tuple[int, list[str], str, str]]] = {}
        for words, value in dict(phrases).items():
            self._by_word.setdefault(words[0], []).append((len(words), list(words), " ".join(words), value))
        for found in self._by_word.values():
            found.sort(key=lambda entry: -entry[0])

    def words(self) -> Iterator[str]:
        """Yield every word of every phrase."""
        for found in self._by_word.values():
            for _, words, _, _ in found:
                yield from words

    def find(self, row: list[str]) -> list[Span]:
        """Give the phrases in `row`, in their order."""
        found, after = [], 0
        for place, word in enumerate(row):
            if place >= after and word in self._by_word:
                for length, words, phrase, value in self._by_word[word]:
                    if length == 1 or row[place : place + length] == words:
                        after = place + length
                        found.append(Span(place, after, phrase, value))
                        break
        return found


class Words:
    """Every phrase of the rules by kind, and the known form of any word."""

    def __init__(self, rules: TitleRules) -> None:
        self._written = rules.written
        self._endings = rules.endings
        self._weak_endings = rules.weak_endings
        self._no_occupations = frozenset(rules.no_occupations)
        self._read_as = rules.read_as
        self._misspelt = Misspelt(rules.misspelt, rules.not_misspelt)
        self._memory: dict[str, tuple[str, ...]] = {}
        self._nobody: frozenset[str] = frozenset()
        own = rules.own.items()
        levels = [*_listed(rules.levels), *((text, said.level) for text, said in own if said.level)]
        functions = [*_listed(rules.functions), *((text, said.function) for text, said in own if said.function)]
        signs = list(_listed({kind: getattr(rules, kind) for kind in SIGNS}))
        self._levels = frozenset(self._split(levels))
        self._ranks = frozenset(phrase for phrase, _ in levels if phrase.isalpha())
        tails = {*rules.tails, *(word for word in self._ranks if len(word) >= SHORTEST_TAIL)}
        self._tails = tuple(sorted(tails, key=lambda tail: (-len(tail), tail)))
        self._functions = frozenset(self._split(functions)) - self._levels
        self._known = self._levels | self._functions | frozenset(self._split(signs))
        self.levels = self._phrases(levels)
        self.functions = self._phrases(functions)
        self.signs = self._phrases(signs)
        self.bank = self._phrases([(phrase, "bank") for phrase in rules.bank])
        self.lists = {name: frozenset(self._bare(getattr(rules, name))) for name in LISTS}
        self.adjectives = {self.bare(word): level for word, level in rules.adjectives.items()}
        self._nobody = frozenset(map(" ".join, (tokens(phrase, self._written) for phrase in rules.unknown)))
        self.absorbed = frozenset(rules.absorbed)
        self.partnered = frozenset(rules.partnered)
        self.own = frozenset(self._bare(rules.own))

    def row(self, title: str) -> list[str]:
        """Give the words and joints of a title in their known form; none for what people type instead of a title."""
        said = tokens(title, self._written)
        if " ".join(word for word in said if word not in JOINTS) in self._nobody:
            return []
        return [known for word in said for known in self.known(word)]

    def bare(self, text: str) -> str:
        """Give a phrase as it is compared, in one piece."""
        return " ".join(self.row(text))

    def _bare(self, phrases: Iterable[str]) -> Iterator[str]:
        return (bare for phrase in phrases if (bare := self.bare(phrase)))

    def _split(self, phrases: Iterable[tuple[str, str]]) -> Iterator[str]:
        return (word for phrase, _ in phrases for word in tokens(phrase, self._written))

    def _phrases(self, phrases: Iterable[tuple[str, str]]) -> Phrases:
        split = ((tuple(self.row(phrase)), value) for phrase, value in phrases)
        return Phrases((words, value) for words, value in split if words)

    def known(self, word: str) -> tuple[str, ...]:
        """Give the known form of a word: itself, several words for a compound, or the word when nothing is known."""
        found = self._memory.get(word)
        if found is None:
            found = self._memory[word] = self._look_up(word)
        return found

    def _look_up(self, word: str) -> tuple[str, ...]:
        if meant := self._read_as.get(word):
            return tuple(self.row(meant))
        if word in self._ranks or not word.isalpha():
            return (word,)
        if not self._is_simple(word) and (meant := self._misspelt.meant(word)) and meant != word:
            return self.known(meant)
        for form in (word, *_without_umlauts(word)):
            if found := self._past(form) or self._rank(form) or self._other(form):
                return found
        return (OCCUPATION,) if self._is_occupation(word) else (word,)

    def _is_simple(self, word: str) -> bool:
        """Say whether a word is known without taking it apart."""
        return word in self._known or bool(self._inflected(word, self._known) or self._plural(word))

    def _rank(self, word: str) -> tuple[str, ...] | None:
        """Give the word of a level that a word is: in another form, as it stands, or at the end of a compound."""
        exact = (word,) if word in self._levels else None
        return self._inflected(word, self._levels) or exact or self._ranked_compound(word)

    def _past(self, word: str) -> tuple[str, ...] | None:
        """Split "exdirectora", which is written as one word in Spanish and Portuguese."""
        rank = self._rank(word[len(PAST) :]) if word.startswith(PAST) and len(word) >= SHORTEST_COMPOUND else None
        return (PAST, *rank) if rank else None

    def _other(self, word: str) -> tuple[str, ...] | None:
        exact = (word,) if word in self._known else None
        return exact or self._inflected(word, self._known) or self._plural(word) or self._compound(word)

    def _inflected(self, word: str, known: frozenset[str]) -> tuple[str, ...] | None:
        if len(word) >= SHORTEST_INFLECTED:
            for ending, instead in FEMININE:
                if word.endswith(ending) and (form := word[: -len(ending)] + instead) in known:
                    return (form,)
        return None

    def _plural(self, word: str) -> tuple[str, ...] | None:
        for ending in PLURAL:
            if word.endswith(ending) and len(form := word[: -len(ending)]) > SHORTEST_PART and form in self._functions:
                return (form,)
        return None

    def _ranked_compound(self, word: str) -> tuple[str, ...] | None:
        """Split "finanzbuchhalter", which names a function as a whole and a rank by its end."""
        parts = self._german(word)
        return parts if parts and parts[-1] in self._ranks else None

    def _compound(self, word: str) -> tuple[str, ...] | None:
        """Split "vertriebsleiterin" and "vicepresident" into their words."""
        if parts := self._german(word):
            return parts
        for place in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
            first, second = word[:place], word[place:]
            if first in self._known and second in self._ranks:
                return first, second
        return None

    def _german(self, word: str) -> tuple[str, ...] | None:
        if len(word) < SHORTEST_COMPOUND:
            return None
        for form in (word, word.removesuffix("innen"), word.removesuffix("in"), word.removesuffix("n")):
            for tail in self._tails:
                if form.endswith(tail) and self._heads(head := form.removesuffix(tail)):
                    return (*self._head(head), *self.known(tail))
        return None

    def _heads(self, head: str) -> bool:
        """Say whether a compound can begin so: "in" and "un" are no words of their own."""
        return len(head) >= SHORTEST_PART or head in self._functions

    def _head(self, head: str) -> tuple[str, ...]:
        """Give the first part of a compound without the letters that link it."""
        if head == "chef":
            return ("chief",)
        for link in LINKING:
            if head.endswith(link) and (form := head.removesuffix(link)) in self._known:
                return (form,)
        return self._german(head.removesuffix("s")) or (head,)

    def may_be_occupation(self, word: str) -> bool:
        """Say whether a word that no rule knows looks like what somebody does; for titles that name nothing better."""
        unknown = word.isalpha() and word not in self._known and word not in self._no_occupations
        return unknown and self._ends(word, self._weak_endings)

    def _is_occupation(self, word: str) -> bool:
        return self._ends(word, self._endings)

    def _ends(self, word: str, endings: Sequence[str]) -> bool:
        return any(word.endswith(ending) and len(word) >= len(ending) + SHORTEST_PART for ending in endings)


class Misspelt:
    """Long words by every form with a letter left out, so that one mistake finds them."""

    def __init__(self, words: Iterable[str], never: Iterable[str]) -> None:
        self._never = frozenset(never)
        self._words: dict[str, str] = {}
        for word in words:
            for form in _one_less(word):
                self._words.setdefault(form, word)

    def meant(self, word: str) -> str | None:
        """Give the word that is meant by one with a letter wrong, missing, too many or swapped."""
        if len(word) < SHORTEST_MISSPELT or word in self._never:
            return None
        for form in _one_less(word):
            meant = self._words.get(form)
            if meant and meant[0] == word[0] and _one_mistake(word, meant):
                return meant
        return None


def _listed(grouped: Mapping[Key, Sequence[str]]) -> Iterator[tuple[str, Key]]:
    return ((phrase, value) for value, phrases in grouped.items() for phrase in phrases)


def _one_less(word: str) -> Iterator[str]:
    yield word
    yield from (word[:place] + word[place + 1 :] for place in range(len(word)))


def _one_mistake(word: str, meant: str) -> bool:
    """Say whether two words differ by one letter wrong, missing, too many, or two swapped."""
    start = next((place for place, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b), None)
    if start is None:
        return abs(len(word) - len(meant)) <= 1
    rest, wanted = word[start:], meant[start:]
    swapped = rest[1::-1] + rest[2:] == wanted
    return swapped or rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]


def _without_umlauts(word: str) -> Iterator[str]:
    """Yield what "geschaeftsfuehrer" stands for."""
    simple = word
    for typed, meant in UMLAUT:
        simple = simple.replace(typed, meant)
    if simple != word:
        yield simple
