"""Reads the words of one title as a sentence: its parts, what each part claims to be, and which claim counts.

`mapping.titles` hands in the words in their known form. The steps are those of docs/titles.md: silence what is
not about this person now, find the rank of each part, find what the rank is over, take the highest claim.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mapping.title_text import JOINTS
from mapping.title_words import Span, Words

RANKS = {"c-level": 5, "vp": 4, "director": 3, "manager": 2, "individual": 1}
TOGETHER = frozenset("&/")
"""Joints of what belongs together: sales & marketing, CEO / CFO."""
NOTES = ("former", "aspiring", "board", "assistant", "fractional", "interim", "deputy", "bank grade", "dual")
"""What a note can say, in its order."""
WHOLE = "Executive"


class Reading(NamedTuple):
    """What a title says; None where it does not say it."""

    level: str | None = None
    function: str | None = None
    note: str | None = None


class Part(NamedTuple):
    """What stands between two joints: the words from `start` up to before `end`; `joint` stands before them."""

    joint: str
    start: int
    end: int

    def holds(self, span: Span) -> bool:
        """Say whether a phrase begins in this part."""
        return self.start <= span.start < self.end


class Claim(NamedTuple):
    """What one part of a title claims to be: a level by a rank, the function of the rank and of what is around it."""

    level: str
    rank: Span
    own: str | None
    near: str | None
    dual: bool


class Sentence:
    """One title."""

    def __init__(self, words: Words, row: list[str]) -> None:
        self._words = words
        self._row = row
        signs = words.signs.find(row)
        levels = words.levels.find(row)
        self._parts = list(_parts(row, [*levels, *signs]))
        self._silent = [False] * len(row)
        self._notes: set[str] = set()
        hiding = [sign for sign in signs if sign.value in ("board", "ignored")]
        self._levels = [span for span in levels if not any(_within(span, sign) for sign in hiding)]
        for sign in signs:
            if not any(_within(sign, span) for span in levels):
                self._heed(sign)
        self._quiet_names()
        self._quiet_assisted()
        self._levels = [span for span in self._levels if not self._silent[span.start] and not self._served(span)]
        self._levels = [span for span in self._levels if not self._is_adjective(span)]
        posts = [sign for sign in signs if sign.value in ("assistant", "board") and sign.end - sign.start > 1]
        self._functions = [
            span
            for span in words.functions.find(row)
            if not self._silent[span.start] and not any(post.start <= span.start < post.end for post in posts)
        ]

    def reading(self) -> Reading:
        """Say what the title says."""
        claims = [claim for part in self._parts if (claim := self._claim(part))]
        if "board" in self._notes:
            claims = [claim for claim in claims if claim.rank.phrase != "member"]
        if "assistant" in self._notes:
            return Reading("individual", self._assisted(claims), self._note())
        if not claims:
            return Reading(self._lone_level(), self._lone_function(), self._note())
        claim = self._highest(claims)
        whole = any(claim.rank.phrase in self._words.lists["whole_company"] for claim in claims)
        elsewhere = next((function for other in claims if (function := other.own or other.near)), None)
        if claim.dual or len(self._posts(claims)) > 1:
            self._notes.add("dual")
        return Reading(claim.level, self._function(claim, elsewhere, whole=whole), self._note())

    def _posts(self, claims: list[Claim]) -> set[str]:
        """Give what tells the posts of a title apart; "Chief Product Officer (CPO)" is one, said twice."""
        initials = {"".join(word[0] for word in self._row[claim.rank.start : claim.rank.end]) for claim in claims}
        leading = [
            claim
            for claim in claims
            if RANKS[claim.level] > 1 and claim.rank.phrase not in initials and not self._is_gloss(claim, claims)
        ]
        return {claim.own if claim.level == "c-level" and claim.own else claim.rank.phrase for claim in leading}

    def _is_gloss(self, claim: Claim, claims: list[Claim]) -> bool:
        """Say whether a rank in brackets only repeats another: Directeur des Systèmes d'Information (DSI)."""
        bracketed = self._row[max(claim.rank.start - 1, 0)] == "("
        said = {other.own or other.near or WHOLE for other in claims if other is not claim}
        return bracketed and claim.level == "c-level" and (claim.own or WHOLE) in said

    # --- what is not about this person, now ---

    def _heed(self, sign: Span) -> None:
        """Note what a sign says, and silence what is not true of this person because of it."""
        part = next(part for part in self._parts if part.holds(sign))
        if sign.value == "retired":
            self._notes.add("former")
            self._hush(0, len(self._row))
        elif sign.value in ("former", "aspiring"):
            self._notes.add(sign.value)
            alone = sign.end >= part.end
            self._hush(0 if alone else sign.start, part.end if alone else self._end_of_group(part))
        elif sign.value == "other_person":
            self._hush(sign.end, self._end_of_group(part))
        elif sign.value == "assistant" and self._helps_a_department(sign, part):
            return
        elif sign.value != "ignored" and not self._silent[sign.start]:
            self._notes.add(sign.value)
            if sign.value == "assistant" and self._row[sign.end - 1] in self._words.lists["of"]:
                self._hush(sign.end, self._end_of_group(part))

    def _helps_a_department(self, sign: Span, part: Part) -> bool:
        """Say whether "asistente de" is followed by no rank but by a function: asistente de compras."""
        named = self._row[sign.end : part.end]
        belongs = self._row[sign.end - 1] in self._words.lists["of"] - {"to"}
        return belongs and not self._words.levels.find(named) and bool(self._words.functions.find(named))

    def _quiet_names(self) -> None:
        """Silence companies and degrees: "CTO at Initech", "Initech Sales Inc.", "CFO, CPA"."""
        at, companies = self._words.lists["at"], self._words.lists["companies"]
        for place, word in enumerate(self._row):
            if word in at:
                self._hush(place, next((p.end for p in self._parts if p.start <= place < p.end), place), until="&")
        for number, part in enumerate(self._parts):
            words = self._row[part.start : part.end]
            degree = number > 0 and all(word in self._words.lists["credentials"] for word in words)
            company = not companies.isdisjoint(words) and not any(map(part.holds, self._levels))
            if degree or company:
                self._hush(part.start, part.end)

    def _quiet_assisted(self) -> None:
        """Silence whom an assistant named behind them assists: CEO's Assistant."""
        for rank in self._levels:
            behind = [word for word in self._row[rank.end : rank.end + 2] if word != "s"]
            if RANKS[rank.value] > RANKS["manager"] and not self._words.lists["helpers"].isdisjoint(behind[:1]):
                self._notes.add("assistant")
                self._hush(rank.start, rank.end)

    def _hush(self, start: int, end: int, until: str = "") -> None:
        """Silence the words from `start` to `end`; with `until` also the parts that such joints add."""
        if until:
            end = next(
                (part.start - 1 for part in self._parts if part.start > end and part.joint not in until), None
            ) or (len(self._row))
        for place in range(start, end):
            self._silent[place] = True

    def _end_of_group(self, part: Part) -> int:
        """Give the end of the parts that "and" joins to this one."""
        end = part.end
        for follower in self._parts:
            if follower.start > part.start and follower.joint != "&":
                break
            if follower.start > part.start:
                end = follower.end
        return end

    def _served(self, rank: Span) -> bool:
        """Say whether a rank only says whose office or assistant it is."""
        return rank.end < len(self._row) and self._row[rank.end] in self._words.lists["servants"]

    def _is_adjective(self, rank: Span) -> bool:
        """Say whether a word that can be an occupation is none here."""
        followed = rank.end < len(self._row) and bool(self._words.functions.find(self._row[rank.end : rank.end + 1]))
        return rank.phrase in self._words.lists["alone"] and (len(self._levels) > 1 or followed)

    # --- what a part claims ---

    def _claim(self, part: Part) -> Claim | None:
        head = self._head(part)
        ranks = self._ranks([span for span in self._levels if part.start <= span.start < head])
        if not ranks:
            return None
        run = _run(ranks)
        rank = max(run, key=lambda span: RANKS[span.value])
        level = self._deputised(part, rank)
        own = self._own_function(rank)
        near = (rank.phrase == "chief" and self._of_officer(part, rank)) or self._near(part, rank)
        if own and rank.phrase in self._words.lists["yielding"] and near and near not in self._words.absorbed:
            own = near
        others = {span.phrase for span in run if RANKS[span.value] > 1} - {rank.phrase}
        return Claim(level, rank, own, near, dual=bool(others) or self._is_double(part, rank, near))

    def _head(self, part: Part) -> int:
        """Give where the first phrase of a part ends: before its first "of" that something stands before."""
        of, inside = self._words.lists["of"], self._covered(part)
        begun = False
        for place in range(part.start, part.end):
            if self._row[place] in of and place not in inside:
                if begun:
                    return place
            else:
                begun = True
        return part.end

    def _covered(self, part: Part) -> set[int]:
        return {place for span in self._levels if part.holds(span) for place in range(span.start, span.end)}

    def _ranks(self, found: list[Span]) -> list[Span]:
        """Give the ranks of a phrase as they are meant: without adjectives, bodies, and looking after things."""
        ranks: list[Span] = []
        officer = max((place for place, span in enumerate(found) if span.phrase == "officer"), default=0)
        for place, span in enumerate(map(self._of_thing, found)):
            before = ranks[-1] if ranks else None
            if before and span.phrase in self._words.lists["postfixed"] and self._is_occupation(before, span):
                continue
            if before is None or (before.phrase in self._words.own or before.phrase not in self._words.adjectives):
                if before is None or span.phrase not in self._words.lists["bodies"]:
                    ranks.append(span)
            elif before.phrase != "chief" or place >= officer:
                ranks[-1] = self._qualified(before, span)
        return ranks

    def _is_occupation(self, before: Span, span: Span) -> bool:
        """Say whether an occupation, and not "associate", stands right before a rank."""
        individual = before.value == "individual" and before.phrase not in self._words.lists["juniors"]
        return individual and before.end == span.start

    def _qualified(self, adjective: Span, span: Span) -> Span:
        """Join "chief" and "architect", "lead" and "engineer", "chief" and "officer" to one rank."""
        level = self._words.adjectives[adjective.phrase]
        if adjective.phrase == "chief" and span.phrase in ("officer", "executive"):
            return Span(adjective.start, span.end, "chief officer", "c-level")
        higher = max(level, span.value, key=RANKS.__getitem__)
        return Span(adjective.start, span.end, span.phrase, higher)

    def _of_thing(self, span: Span) -> Span:
        """Make an individual of a rank that looks after a thing."""
        things = self._words.lists["things"]
        if span.phrase == "partner" and any(
            function.end == span.start and function.value in self._words.partnered for function in self._functions
        ):
            return Span(span.start, span.end, span.phrase, "individual")
        if span.phrase not in self._words.lists["thing_ranks"] or span.phrase in self._words.own:
            return span
        if span.start and self._row[span.start - 1] in things:
            return Span(span.start - 1, span.end, span.phrase, "individual")
        place = span.end
        while place < len(self._row) and self._row[place] in self._words.lists["of"]:
            place += 1
        after = span.phrase not in self._words.lists["function_last"] and place < len(self._row)
        return Span(span.start, place + 1, span.phrase, "individual") if after and self._row[place] in things else span

    def _deputised(self, part: Part, rank: Span) -> str:
        """Give the level of a rank: vp for the deputy of a c-level one."""
        juniors, before = self._words.lists["juniors"], self._row[part.start : rank.start]
        deputy = self._is_deputy(part, rank)
        if deputy and RANKS[rank.value] > 1:
            self._notes.add("deputy")
        lower = rank.value == "c-level" and (deputy or not juniors.isdisjoint(before))
        return "vp" if lower else rank.value

    def _is_deputy(self, part: Part, rank: Span) -> bool:
        lists = self._words.lists
        if rank.value in ("director", "manager") and (
            rank.phrase in lists["deputy_ranks"] or not lists["deputies_behind"].isdisjoint(rank.phrase.split())
        ):
            return True
        before, after = self._row[part.start : rank.start], self._row[rank.end : self._head(part)]
        return not lists["deputies"].isdisjoint(before) or not lists["deputies_behind"].isdisjoint(after)

    # --- what the rank is over ---

    def _own_function(self, rank: Span) -> str | None:
        """Give the function inside the rank's own words; the longest phrase, else the first."""
        own = [span for span in self._functions if span.start < rank.end and rank.start < span.end]
        return max(own, key=lambda span: span.end - span.start).value if own else None

    def _of_officer(self, part: Part, chief: Span) -> str | None:
        """Give the function that "chief information" has in "chief information & digital officer"."""
        spans = self._words.functions.find([*self._row[chief.end : part.end], "officer"])
        return spans[0].value if spans and part.end + 1 < len(self._row) else None

    def _near(self, part: Part, rank: Span) -> str | None:
        """Give the function named beside a rank: before it, after it, then in the parts around that name no rank."""
        inside = [span for span in self._functions if part.holds(span)]
        before = [span for span in inside if span.end <= rank.start]
        after = [span for span in inside if span.start >= rank.end]
        if before:
            added = self._alone(part, -1) if part.joint in TOGETHER else None
            return added or self._last(before)
        if after:
            return self._after(after, rank)
        return self._alone(part, 1) or self._alone(part, -1)

    def _after(self, after: list[Span], rank: Span) -> str:
        """Give the function after a rank: the last of the first phrase, or the first, by the language of the rank."""
        if rank.phrase.rpartition(" ")[2] not in self._words.lists["function_last"] and (
            rank.phrase not in self._words.lists["function_last"]
        ):
            return after[0].value
        phrase = after[:1]
        of = self._words.lists["of"]
        for span in after[1:]:
            if any(word in of for word in self._row[phrase[-1].end : span.start]):
                break
            phrase.append(span)
        return self._last(phrase)

    def _last(self, spans: list[Span]) -> str:
        """Give the last function of a row, unless it only serves the one right before it."""
        place = len(spans) - 1
        while (
            place and spans[place].phrase in self._words.lists["serving"] and spans[place - 1].end == spans[place].start
        ):
            place -= 1
        return spans[place].value

    def _alone(self, part: Part, step: int) -> str | None:
        """Give the function of the nearest parts on one side that name a function and no rank."""
        found = None
        place = self._parts.index(part) + step
        while 0 <= place < len(self._parts) and not any(map(self._parts[place].holds, self._levels)):
            spans = [span for span in self._functions if self._parts[place].holds(span)]
            if spans:
                found = self._last(spans)
                if step > 0 or self._parts[place].joint not in TOGETHER:
                    break
            place += step
        return found

    def _is_double(self, part: Part, rank: Span, near: str | None) -> bool:
        """Say whether a rank is over two functions at once."""
        if RANKS[rank.value] == 1:
            return False
        number = self._parts.index(part)
        before = [span for span in self._functions if part.holds(span) and span.end <= rank.start]
        near = self._last(before) if before else near
        for joint, neighbour in (
            (part.joint, self._parts[number - 1] if number else None),
            (self._parts[number + 1].joint, self._parts[number + 1]) if number + 1 < len(self._parts) else ("", None),
        ):
            if joint in TOGETHER and neighbour and not any(map(neighbour.holds, self._levels)):
                values = {span.value for span in self._functions if neighbour.holds(span)}
                if values and near and values != {near}:
                    return True
        return False

    # --- which claim counts ---

    def _highest(self, claims: list[Claim]) -> Claim:
        """Give the highest claim; of equal ones the first that names more than the whole company."""
        top = max(RANKS[claim.level] for claim in claims)
        highest = [claim for claim in claims if RANKS[claim.level] == top]
        named = [claim for claim in highest if claim.rank.phrase not in self._words.lists["whole_company"]]
        return next((claim for claim in named if claim.own or claim.near), (named or highest)[0])

    def _function(self, claim: Claim, elsewhere: str | None, *, whole: bool) -> str | None:
        lends = claim.level != "c-level" or claim.rank.phrase == "chief"
        function = claim.own or claim.near or (lends and elsewhere) or None
        if claim.level == "vp" and self._is_of_bank():
            self._notes.add("bank grade")
        if function:
            return function
        return WHOLE if whole or claim.level == "c-level" else None

    def _is_of_bank(self) -> bool:
        return any(not self._silent[span.start] for span in self._words.bank.find(self._row))

    def _assisted(self, claims: list[Claim]) -> str | None:
        """Give the function of an assistant: one that is named beside the assistant, not that of whom they assist."""
        for claim in claims:
            if claim.level == "individual" and (claim.own or claim.near) not in (None, WHOLE):
                return claim.own or claim.near
        return None

    def _lone_level(self) -> str | None:
        """Give the level of a title whose first part begins or ends with an unknown word for what somebody does."""
        heads = [(part.start, self._head(part) - 1) for part in self._parts[:1]]
        words = {self._row[place] for places in heads for place in places if not self._silent[place]}
        board = "board" in self._notes
        return "individual" if not board and any(map(self._words.may_be_occupation, words)) else None

    def _lone_function(self) -> str | None:
        for part in self._parts:
            if spans := [span for span in self._functions if part.holds(span)]:
                return self._last(spans)
        return None

    def _note(self) -> str | None:
        return ", ".join(note for note in NOTES if note in self._notes) or None


def _parts(row: Sequence[str], spans: list[Span]) -> Iterator[Part]:
    """Split a row at its joints, except those inside a phrase."""
    inside = {place for span in spans for place in range(span.start, span.end)}
    joint, start = "", 0
    for place, word in enumerate(row):
        if word in JOINTS and place not in inside:
            if place > start:
                yield Part(joint, start, place)
                joint = word
            elif word not in TOGETHER:
                joint = word
            start = place + 1
    if start < len(row):
        yield Part(joint, start, len(row))


def _within(span: Span, longer: Span) -> bool:
    return longer.start <= span.start and span.end <= longer.end and longer[:2] != span[:2]


def _run(ranks: list[Span]) -> list[Span]:
    """Give the ranks at the head of a phrase: the first with those right after it; the last if it begins otherwise."""
    if RANKS[ranks[0].value] == 1:
        return ranks[-1:]
    run = ranks[:1]
    for span in ranks[1:]:
        if span.start != run[-1].end or RANKS[span.value] == 1:
            break
        run.append(span)
    return run
