"""The CSV dialect of a job: which character parts columns and which ends a row."""

from collections.abc import Collection
from dataclasses import dataclass

from connectors.emulator.salesforce.errors import unreadable
from connectors.emulator.wire import Json, JsonObject

_DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """Both choices by the names the API has for them."""

    delimiter_name: str
    ending_name: str

    @property
    def delimiter(self) -> str:
        """The character between two columns."""
        return _DELIMITERS[self.delimiter_name]

    @property
    def ending(self) -> str:
        """What stands behind each row."""
        return _ENDINGS[self.ending_name]


def dialect_of(body: JsonObject) -> Dialect:
    """The dialect that the body of a new job asks for; commas and LF where it is silent.

    Raises:
        SalesforceError: JSON_PARSER_ERROR for a name the API does not have.
    """
    return Dialect(
        one_of("columnDelimiter", body.get("columnDelimiter") or "COMMA", _DELIMITERS),
        one_of("lineEnding", body.get("lineEnding") or "LF", _ENDINGS),
    )


def one_of(name: str, value: Json, known: Collection[str]) -> str:
    """The value of an enumerated property of a job, if the API knows it.

    Raises:
        SalesforceError: JSON_PARSER_ERROR.
    """
    if isinstance(value, str) and value in known:
        return value
    names = ", ".join(known)
    message = f'Cannot deserialize value of {name} from "{value}": not one of the values accepted: [{names}]'
    raise unreadable(f"{message} at [line:1, column:1]")
