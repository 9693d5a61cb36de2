"""Record ids: 15 case-sensitive characters, or the same with three that spell the upper-case places."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_OURS, _SERIAL_LENGTH, _LENGTH = "Rp0", 9, 18


def to18(short: str) -> str:
    """The 18-character form of a 15-character id."""
    chunks = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(_CHECK[_upper_mask(chunk)] for chunk in chunks)


def canonical(text: str) -> str | None:
    """The 18-character id meant by `text`, or None when it cannot be an id.

    Eighteen characters may come in any case: the last three restore it, as Salesforce does.
    """
    if not (text.isascii() and text.isalnum()):
        return None
    if len(text) == 15:
        return to18(text)
    return _restored(text[:15], text[15:].upper()) if len(text) == 18 else None


def make(prefix: str, serial: int) -> str:
    """The id of the `serial`-th record under a three-character key prefix."""
    digits = []
    for _ in range(_SERIAL_LENGTH):
        serial, digit = divmod(serial, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return to18(f"{prefix}{_OURS}{''.join(reversed(digits))}")


def serial(record_id: str) -> int | None:
    """The serial that `make` spelled into an id, None for an id of another make."""
    if record_id[3:6] != _OURS or len(record_id) != _LENGTH:
        return None
    number = 0
    for letter in record_id[6:15]:
        if (digit := ALPHABET.find(letter)) < 0:
            return None
        number = number * len(ALPHABET) + digit
    return number


def _upper_mask(chunk: str) -> int:
    return sum(1 << place for place, letter in enumerate(chunk) if "A" <= letter <= "Z")


def _restored(short: str, suffix: str) -> str | None:
    if any(letter not in _CHECK for letter in suffix):
        return None
    masks = [_CHECK.index(letter) for letter in suffix]
    letters = (
        letter.upper() if masks[place // 5] >> place % 5 & 1 else letter.lower() for place, letter in enumerate(short)
    )
    found = to18("".join(letters))
    return found if found[15:] == suffix else None
