"""Query errors with the text of Salesforce: a line of the query, a caret under the place, row and column."""

from connectors.emulator.salesforce.errors import SalesforceError

_REACH = 40
_HINT = "Please reference your WSDL or the describe call for the appropriate names."


def at(code: str, message: str, text: str, position: int) -> SalesforceError:
    """An error that shows where in the query it happened; `position` counts characters from 0."""
    start = text.rfind("\n", 0, position) + 1
    row = text.count("\n", 0, position) + 1
    column = position - start
    line = text[start:].split("\n", 1)[0]
    left = max(0, column - _REACH)
    excerpt = line[left : column + _REACH]
    caret = " " * (column - left) + "^"
    return SalesforceError(code, f"\n{excerpt}\n{caret}\nERROR at Row:{row}:Column:{column + 1}\n{message}")


def malformed(message: str, text: str, position: int) -> SalesforceError:
    """The query breaks the grammar."""
    return at("MALFORMED_QUERY", message, text, position)


def no_such_column(column: str, entity: str, text: str, position: int) -> SalesforceError:
    """The field does not exist, or its user may not see it."""
    message = f"No such column '{column}' on entity '{entity}'."
    hint = "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
    return at("INVALID_FIELD", f"{message} {hint} {_HINT}", text, position)


def unsuitable(column: str, use: str, text: str, position: int) -> SalesforceError:
    """The field's type does not allow the use: `sorted` or `grouped`."""
    return malformed(f"field '{column}' can not be {use} in a query call", text, position)


def no_such_relationship(name: str, text: str, position: int) -> SalesforceError:
    """The dotted path goes through something that is no relationship."""
    message = f"Didn't understand relationship '{name}' in field path."
    hint = (
        "If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship"
    )
    return at("INVALID_FIELD", f"{message} {hint} name. {_HINT}", text, position)


def no_such_type(name: str, text: str, position: int) -> SalesforceError:
    """The object does not exist in this org."""
    hint = "If you are attempting to use a custom object, be sure to append the '__c' after the entity name."
    return at("INVALID_TYPE", f"sObject type '{name}' is not supported. {hint} {_HINT}", text, position)
