"""Query errors with the text of Salesforce: a line of the query, a caret under the place, row and column.

Two counts of columns live side by side, as in recorded answers of the vendor: what the schema refuses is shown at its
own column counted from 1, what the grammar refuses at the column counted from 0 with the caret one character early.
"""

from connectors.emulator.salesforce.errors import SalesforceError

_REACH = 30  # characters shown on both sides of the caret; words at the edges are shown whole
_BETWEEN_WORDS = frozenset(" \t\r,")
_HINT = "Please reference your WSDL or the describe call for the appropriate names."


def at(code: str, message: str, text: str, position: int) -> SalesforceError:
    """An error that shows where in the query it happened; `position` counts characters from 0."""
    return _shown(code, message, text, position, 1)


def plain(message: str, code: str = "MALFORMED_QUERY") -> SalesforceError:
    """An error about the statement as a whole, which Salesforce words without a place."""
    return SalesforceError(code, message)


def syntax(message: str, text: str, position: int, code: str = "MALFORMED_QUERY") -> SalesforceError:
    """The text cannot be read on from here."""
    return _shown(code, message, text, position, 0)


def malformed(message: str, text: str, position: int) -> SalesforceError:
    """The query can be read, but Salesforce does not run such a one."""
    return at("MALFORMED_QUERY", message, text, position)


def unexpected(token: str, text: str, position: int, code: str = "MALFORMED_QUERY") -> SalesforceError:
    """A token that the grammar has no place for."""
    return syntax(f"unexpected token: '{token}'", text, position, code)


def no_such_column(column: str, entity: str, text: str, position: int) -> SalesforceError:
    """The field does not exist, or its user may not see it."""
    message = f"No such column '{column}' on entity '{entity}'."
    hint = "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
    return at("INVALID_FIELD", f"{message} {hint} {_HINT}", text, position)


def unsuitable(column: str, use: str, text: str, position: int) -> SalesforceError:
    """The field's type does not allow the use: `sorted`, `grouped` or `filtered`."""
    code = "INVALID_FIELD" if use == "filtered" else "MALFORMED_QUERY"
    return at(code, f"field '{column}' can not be {use} in a query call", text, position)


def no_such_relationship(name: str, text: str, position: int) -> SalesforceError:
    """The dotted path goes through something that is no relationship."""
    message = f"Didn't understand relationship '{name}' in field path."
    hint = (
        "If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship"
    )
    return at("INVALID_FIELD", f"{message} {hint} name. {_HINT}", text, position)


def no_such_child(name: str, text: str, position: int) -> SalesforceError:
    """FROM of a subquery names no child relationship of the parent."""
    message = f"Didn't understand relationship '{name}' in FROM part of query call."
    hint = (
        "If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship"
    )
    return at("INVALID_TYPE", f"{message} {hint} name. {_HINT}", text, position)


def no_such_type(name: str, text: str, position: int) -> SalesforceError:
    """The object does not exist in this org."""
    hint = "If you are attempting to use a custom object, be sure to append the '__c' after the entity name."
    return at("INVALID_TYPE", f"sObject type '{name}' is not supported. {hint} {_HINT}", text, position)


def _shown(code: str, message: str, text: str, position: int, first_column: int) -> SalesforceError:
    start = text.rfind("\n", 0, position) + 1
    row, column = text.count("\n", 0, position) + 1, position - start + first_column
    line, place = text[start:].split("\n", 1)[0], max(0, column - 1)
    left, right = max(0, place - _REACH), min(len(line), place + 1 + _REACH)
    while left > 0 and line[left - 1] not in _BETWEEN_WORDS:
        left -= 1
    while right < len(line) and line[right] not in _BETWEEN_WORDS:
        right += 1
    caret = " " * (place - left) + "^"
    return SalesforceError(code, f"\n{line[left:right]}\n{caret}\nERROR at Row:{row}:Column:{column}\n{message}")
