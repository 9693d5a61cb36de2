"""SOQL tokens into a tree, by recursive descent: one method for each rule of the grammar.

AND and OR may not be mixed without parentheses and NOT stands alone or in parentheses, as in Salesforce.
"""

from connectors.emulator.salesforce.soql import complaints
from connectors.emulator.salesforce.soql.functions import DATE_FUNCTIONS
from connectors.emulator.salesforce.soql.reader import RESERVED, Reader
from connectors.emulator.salesforce.soql.tree import (
    AGGREGATES,
    Among,
    Call,
    Compare,
    Condition,
    Every,
    Item,
    Join,
    Literal,
    Macro,
    Not,
    Operand,
    Order,
    Path,
    Picks,
    Query,
    Selected,
    Some,
    TypeOf,
    Value,
)

MOST_CHARACTERS = 100_000
_AFTER_FROM = RESERVED | {"ORDER", "OFFSET", "FOR", "ALL", "UPDATE", "END"}
_CLAUSES = ("WITH", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "ALL")
_COMPARISONS = frozenset({"=", "!=", "<>", "<", "<=", ">", ">=", "LIKE"})
_SCOPES = (
    "EVERYTHING",
    "DELEGATED",
    "TEAM",
    "MINE",
    "MINE_AND_MY_GROUPS",
    "MY_TERRITORY",
    "MY_TEAM_TERRITORY",
    "SCOPINGRULE",
)
_FUNCTIONS = DATE_FUNCTIONS | AGGREGATES | {"TOLABEL", "FORMAT", "CONVERTCURRENCY", "CONVERTTIMEZONE"}


def parse(text: str) -> Query:
    """The tree of one statement.

    Raises:
        SalesforceError: MALFORMED_QUERY (or another query code) with the place.
    """
    if not text.strip():
        raise complaints.plain("SOQL statements cannot be empty or null")
    if len(text) > MOST_CHARACTERS:
        raise complaints.plain(f"SOQL statements cannot be longer than {MOST_CHARACTERS} characters.")
    parser = Parser(text)
    query = parser.query()
    parser.expect_end()
    return query


class Parser(Reader):
    """A reader that knows the rules of SOQL."""

    def query(self) -> Query:
        """SELECT with all its clauses in their order."""
        select = self._select()
        source, alias, joins = self._source()
        scope = self._scope()
        where = self.condition() if self.take("WHERE") else None
        mode = self._mode()
        grouping, group = self._group()
        having = self.condition() if group and self.take("HAVING") else None
        order = self.ordering()
        limit = self.count() if self.take("LIMIT") else None
        offset = self.offset() if self.take("OFFSET") else 0
        purposes, all_rows = self._purposes(), self.take("ALL", "ROWS")
        return Query(
            text=self.text,
            select=select,
            source=source,
            alias=alias,
            where=where,
            group=group,
            having=having,
            order=order,
            limit=limit,
            offset=offset,
            joins=joins,
            grouping=grouping,
            scope=scope,
            mode=mode,
            purposes=purposes,
            all_rows=all_rows,
        )

    def condition(self) -> Condition:
        """What follows WHERE or HAVING."""
        if self.take("NOT"):
            return Not(self._simple())
        parts = [self._simple()]
        joiner = self.peek().word()
        if joiner not in ("AND", "OR"):
            return parts[0]
        while self.take(joiner):
            parts.append(self._simple())
        return Every(tuple(parts)) if joiner == "AND" else Some(tuple(parts))

    def ordering(self) -> tuple[Order, ...]:
        """ORDER BY, if it is there."""
        return self.listed(self._order) if self.take("ORDER", "BY") else ()

    def selected(self) -> Selected:
        """One element of the SELECT list."""
        match self.peek().word():
            case "(":
                return self._subquery()
            case "TYPEOF":
                return self._typeof()
            case "FIELDS" if self.peek(1).text == "(":
                return self._macro()
            case _:
                return self._item()

    def _select(self) -> tuple[Selected, ...]:
        at = self.peek().at
        self.expect("SELECT")
        if self.peek().word() == "FROM":
            raise complaints.unexpected("SELECT FROM", self.text, at)
        select = self.listed(self.selected)
        self.expect("FROM")
        return select

    def _subquery(self) -> Query:
        self.expect("(")
        query = self.nested(self.query)
        self.expect(")")
        return query

    def _item(self) -> Item:
        what = self._operand()
        bare_count = isinstance(what, Call) and what.argument is None
        if bare_count and self.peek().word() != "FROM":
            raise self.unexpected()
        return Item(what, self._alias())

    def _macro(self) -> Macro:
        at = self.advance().at
        self.expect("(")
        kind = self.one_of("ALL", "STANDARD", "CUSTOM")
        self.expect(")")
        return Macro(kind, at)

    def _typeof(self) -> TypeOf:
        self.expect("TYPEOF")
        relationship = self.path()
        cases = [self._when()]
        while self.peek().word() == "WHEN":
            cases.append(self._when())
        otherwise = self.listed(self.path) if self.take("ELSE") else ()
        if self.peek().word() == "FROM":
            raise complaints.syntax("Missing 'END' at 'FROM'", self.text, self.peek().at)
        self.expect("END")
        return TypeOf(relationship, tuple(cases), otherwise)

    def _when(self) -> tuple[str, tuple[Path, ...]]:
        self.expect("WHEN")
        name = self.path().parts[0]
        self.expect("THEN")
        return name, self.listed(self.path)

    def _alias(self) -> str:
        """The name after `AS` or after a space; a keyword is none."""
        named = self.take("AS")
        token = self.peek()
        if token.kind == "name" and token.word() not in _AFTER_FROM and "." not in token.text:
            return self.advance().text
        if named:
            raise self.unexpected()
        return ""

    def _source(self) -> tuple[Path, str, tuple[Join, ...]]:
        source, alias = self.path(), self._alias()
        joins: list[Join] = []
        while self.take(","):
            joins.append(Join(self.path(), self._alias()))
        return source, alias, tuple(joins)

    def _scope(self) -> str:
        if not self.take("USING"):
            return ""
        self.expect("SCOPE")
        return self.one_of(*_SCOPES)

    def _mode(self) -> str:
        return self.one_of("SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE") if self.take("WITH") else ""

    def _group(self) -> tuple[str, tuple[Operand, ...]]:
        if not self.take("GROUP", "BY"):
            return "", ()
        grouping = self.peek().word()
        if grouping not in ("ROLLUP", "CUBE"):
            return "", self.listed(self._operand)
        self.advance()
        self.expect("(")
        group = self.listed(self._operand)
        self.expect(")")
        return grouping, group

    def _purposes(self) -> tuple[str, ...]:
        """What comes after each FOR."""
        purposes: list[str] = []
        while self.take("FOR"):
            purposes.append(self.one_of("VIEW", "REFERENCE", "UPDATE"))
        return tuple(purposes)

    def _simple(self) -> Condition:
        return self.nested(self._comparison_or_group)

    def _comparison_or_group(self) -> Condition:
        if self.take("("):
            condition = self.condition()
            self.expect(")")
            return condition
        return self._comparison()

    def _comparison(self) -> Condition:
        start = self.peek()
        operand = self._operand()
        if isinstance(operand, Call) and operand.function == "FORMAT":
            raise self.unexpected(start)
        token = self.advance()
        match token.word():
            case "NOT":
                self.expect("IN")
                return Among(operand, negated=True, choices=self._choices(start.at))
            case "IN":
                return Among(operand, negated=False, choices=self._choices(start.at))
            case "INCLUDES" | "EXCLUDES" as word:
                return Picks(operand, negated=word == "EXCLUDES", choices=self._sets())
            case word if word in _COMPARISONS:
                return Compare(operand, "!=" if word == "<>" else word, self._compared(word))
            case _:
                raise self.unexpected(token)

    def _compared(self, sign: str) -> Value:
        if sign == "LIKE" and self.peek().word() == "NULL":
            raise self.unexpected()
        return self.value()

    def _choices(self, start: int) -> tuple[Value, ...] | Query:
        self.expect("(")
        if self.peek().word() == "SELECT":
            choices: tuple[Value, ...] | Query = self.nested(self._semi_join)
        elif self.take(")"):
            raise complaints.unexpected(" ".join(self._said(start).split()), self.text, start)
        else:
            choices = self.listed(self.value)
        self.expect(")")
        return choices

    def _said(self, start: int) -> str:
        """The statement from a place up to the token that comes next."""
        return self.text[start : self.peek().at].strip()

    def _semi_join(self) -> Query:
        """A query whose values a field may have: no clause but WHERE."""
        select = self._select()
        source, alias, joins = self._source()
        where = self.condition() if self.take("WHERE") else None
        if self.peek().word() in _CLAUSES:
            raise self.missing()
        return Query(self.text, select, source, alias, where, joins=joins)

    def _sets(self) -> tuple[Literal, ...]:
        self.expect("(")
        choices = self.listed(self._picked)
        self.expect(")")
        return choices

    def _picked(self) -> Literal:
        token = self.peek()
        value = self.value()
        if not isinstance(value, Literal) or value.kind != "string":
            raise self.unexpected(token)
        return value

    def _order(self) -> Order:
        by = self._operand()
        descending = self.take("DESC")
        if not descending:
            self.take("ASC")
        nulls_last = False
        if self.take("NULLS"):
            if self.peek().word() not in ("FIRST", "LAST"):
                raise self.missing()
            nulls_last = self.advance().word() == "LAST"
        return Order(by, descending, nulls_last)

    def _operand(self) -> Operand:
        if self.peek().kind == "name" and self.peek(1).text == "(":
            return self._call()
        return self.path()

    def _call(self) -> Call:
        token = self.advance()
        function = token.word()
        if function not in _FUNCTIONS:
            raise self.unexpected(self.peek())
        self.expect("(")
        argument = None if function == "COUNT" and self.peek().text == ")" else self._argument(function)
        self.expect(")")
        return Call(function, argument, token.at)

    def _argument(self, function: str) -> Operand:
        """A field, or one of the two ways in which functions may be nested."""
        at = self.peek().at
        inner = self.nested(self._operand)
        if isinstance(inner, Path):
            return inner
        shifted = function in DATE_FUNCTIONS and inner.function == "CONVERTTIMEZONE"
        if shifted or (function == "FORMAT" and inner.function in AGGREGATES | {"CONVERTCURRENCY"}):
            return inner
        rule = "nested functional syntax can only be used in the following manner: date_function(convertTimezone("
        raise complaints.syntax(f"{rule}columnName)): {function}", self.text, at)
