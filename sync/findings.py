"""What `rapport check` found, as values: each finding with the setting that causes it, and the verdict on a census.

Pure: `sync.check` collects what is judged here, `sync.render` lays it out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from connectors.base import Finding, Forecast, Severity
from connectors.census import WINDOW_DAYS, Census, Keeper
from connectors.options import FilesOptions, HubSpotOptions, SalesforceOptions
from mapping.spec import Product, Rules

Options = SalesforceOptions | HubSpotOptions | FilesOptions

SHOWN = 5
"""Names that a finding quotes."""
WHO_IS_ONE = {"salesforce": "customer_types", "hubspot": "customer_stages"}
"""Vendor -> the setting that says who is a customer."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in its place: the organisation, the connection (empty: none in particular), and `file`:`line`."""

    org: str
    connection: str
    severity: Severity
    file: str
    line: int
    where: str
    cause: str
    fix: str

    @property
    def place(self) -> str:
        """Name the place as editors open it."""
        return f"{self.file}:{self.line}"

    @property
    def about(self) -> str:
        """Name what it is about: organisation, connection and the thing there."""
        scope = "/".join(filter(None, (self.org, self.connection)))
        return f"{scope} {self.where}".strip()

    @property
    def sentence(self) -> str:
        """Say cause and fix."""
        return f"{_begun(self.cause.strip().rstrip('.'))}. {_begun(self.fix)}".strip()

    def to_json(self) -> dict[str, Any]:
        """Give the finding as JSON values."""
        names = ("org", "connection", "severity", "file", "line", "where", "cause", "fix")
        return {name: getattr(self, name) for name in names}


def _begun(text: str) -> str:
    """Begin a sentence with a capital, unless its first word is a name that is written as it is."""
    return f"{text[:1].upper()}{text[1:]}" if text.split(" ", maxsplit=1)[0].isalpha() else text


_ORDER = tuple(Severity)


def sorted_by_weight(found: Sequence[Told]) -> list[Told]:
    """Put errors first, then warnings; otherwise the order of the settings stays."""
    return sorted(found, key=lambda told: _ORDER.index(told.severity))


def merged(found: Sequence[Told]) -> list[Told]:
    """Join findings that say the same of several things into one that names the first of them, for a person."""
    groups: dict[tuple[object, ...], list[Told]] = {}
    for told in found:
        same = (told.org, told.connection, told.severity, told.place, told.cause, told.fix)
        groups.setdefault(same, []).append(told)
    return [replace(group[0], where=_listed([told.where for told in group])) for group in groups.values()]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def fails(found: Sequence[Told]) -> bool:
    """Tell whether a run would fail."""
    return any(told.severity is Severity.ERROR for told in found)


# --- the budget ------------------------------------------------------------------------------------------------------


def of_forecast(vendor: str, forecast: Forecast) -> Finding:
    """Say what a run will ask of a vendor, and whether that fits into what is left; relative to the connection."""
    left = "" if forecast.left is None else f" of {forecast.left:,} left today"
    jobs = f"; {', '.join(forecast.jobs)} by jobs of its own, which take minutes" if forecast.jobs else ""
    needs = f"A run needs about {forecast.calls:,} {vendor} calls{left}{jobs}"
    if forecast.fits:
        return Finding("budget", needs, "", fatal=False, setting=("budget",), remark=True)
    fix = "Raise `budget.share`, lower `budget.reserve`, or wait until the allowance is renewed."
    return Finding("budget", f"{needs}; it does not fit and would not begin", fix, fatal=True, setting=("budget",))


# --- the census, by the settings of the connection -------------------------------------------------------------------


def of_connection(census: Census, options: Options) -> Iterator[Finding]:
    """Judge customers, activity and the owners of customers; relative to the connection."""
    yield from _customers(census, options)
    yield from _activity(census)
    yield from _owners(census.keepers)


def _customers(census: Census, options: Options) -> Iterator[Finding]:
    setting = WHO_IS_ONE.get(options.vendor, "")
    wanted = options.customer_types if isinstance(options, SalesforceOptions) else options.customer_stages
    offered = census.choices.get("customer", ())
    lost = [name for name in wanted if offered and not _offers(options, offered, name)]
    words = (
        offered if isinstance(options, HubSpotOptions) else list(dict.fromkeys(value.split()[0] for value in offered))
    )
    fixes = [_meant(name, words) for name in lost]
    if census.customers == 0:
        cause = f"No account is a customer by `{setting}`: {', '.join(map(repr, wanted)) or 'it is empty'}"
        fix = " ".join(fixes) or "Name the types or stages of your customers, or map the field that holds them."
        yield Finding("customers", cause, fix, fatal=False, setting=(setting,))
        return
    for name, fix in zip(lost, fixes, strict=True):
        cause = f"The field that says who is a customer has no value for {name!r}"
        yield Finding("customers", cause, fix, fatal=False, setting=(setting,))


def _offers(options: Options, offered: Sequence[str], name: str) -> bool:
    """Tell whether a value can be meant: Salesforce's types are beginnings in any case, HubSpot's stages are exact."""
    if isinstance(options, SalesforceOptions):
        return any(value.lower().startswith(name.lower()) for value in offered)
    return name in offered


def _activity(census: Census) -> Iterator[Finding]:
    counted = {kind: count for kind, count in census.activity.items() if count is not None}
    if counted and not any(counted.values()):
        cause = (
            f"Nothing of {', '.join(counted)} is younger than {WINDOW_DAYS} days: activity does not seem to be "
            "captured, and every relationship will look silent"
        )
        fix = "Turn activity capture on (Einstein Activity Capture, HubSpot's inbox connection), or log e-mails."
        yield Finding("activity", cause, fix, fatal=False)


def _owners(keepers: Sequence[Keeper]) -> Iterator[Finding]:
    fix = "Give these customers an active owner: nobody else gets their tasks."
    if gone := [keeper for keeper in keepers if keeper.active is False]:
        cause = f"Owners of customers are deactivated: {_named(gone)}"
        yield Finding("owners", cause, fix, fatal=False)
    if strangers := [keeper for keeper in keepers if keeper.active is None]:
        cause = f"Owners of customers are not among the users the integration may see: {_named(strangers)}"
        yield Finding("owners", cause, "Let the integration user see all users.", fatal=False)


def _named(keepers: Sequence[Keeper]) -> str:
    return _listed([f"{one.name} ({one.customers:,} customer{'s' * (one.customers != 1)})" for one in keepers])


# --- the census, by the settings of the organisation -----------------------------------------------------------------


def of_managers(census: Census, managers: Mapping[str, str]) -> Iterator[Finding]:
    """Judge whether an overdue task finds the manager of its owner; relative to the organisation."""
    active = [keeper for keeper in census.keepers if keeper.active]
    if census.managers_known:
        lost = [keeper for keeper in active if keeper.manager is None or keeper.manager_active is False]
        if lost:
            cause = f"No active manager is known of {_named(lost)}: overdue tasks of theirs are passed on to nobody"
            fix = "Fill in the manager (User.ManagerId) of these users."
            yield Finding("managers", cause, fix, fatal=False)
        return
    yield from _teams(active, managers)
    for team, address in managers.items():
        if census.keepers and address.lower() not in census.colleagues:
            cause = f"The manager of team {team!r} is nobody's address in this CRM"
            fix = _meant(address, sorted(census.colleagues))
            yield Finding("managers", cause, fix, fatal=False, setting=("managers", team))


def _teams(keepers: Sequence[Keeper], managers: Mapping[str, str]) -> Iterator[Finding]:
    """A team without a manager in the settings, and owners without a team."""
    for team in sorted({keeper.team for keeper in keepers if keeper.team and keeper.team not in managers}):
        members = [keeper for keeper in keepers if keeper.team == team]
        cause = (
            f"Team {team!r} has no manager in `managers`: overdue tasks of {_named(members)} are passed on to nobody"
        )
        close = get_close_matches(team, managers, n=1)
        fix = f"Is it the one written {close[0]!r}?" if close else f"Add {team}: and the manager's address."
        yield Finding("managers", cause, fix, fatal=False, setting=("managers", *close))
    if alone := [keeper for keeper in keepers if keeper.team is None]:
        cause = f"Owners of customers are in no team, so no manager is known: {_named(alone)}"
        yield Finding("managers", cause, "Put them into a team in the CRM.", fatal=False, setting=("managers",))


def of_choices(census: Census, rules: Rules) -> Iterator[Finding]:
    """Judge whether the rules know the values that a mapped picklist of accounts offers; relative to the connection."""
    spelt: Mapping[str, Mapping[Any, Sequence[str]]] = {
        "segment": rules.segments.segments,
        "breadth": rules.segments.breadths,
        "value_received": rules.equity.values_received,
        "complexity": rules.equity.complexities,
    }
    for attribute, spellings in spelt.items():
        words = {word.lower() for name, others in spellings.items() for word in (name, *others)}
        if strange := [value for value in census.choices.get(attribute, ()) if value.lower() not in words]:
            cause = f"The rules know no {attribute.replace('_', ' ')} {', '.join(map(repr, strange[:SHOWN]))}"
            fix = "Add the spelling to your file of `rules`; until then such an account has none."
            yield Finding(attribute, cause, fix, fatal=False, setting=("fields", "account", attribute))


def of_products(products: Sequence[Product], rules: Rules) -> Iterator[tuple[tuple[str | int, ...], Finding]]:
    """Find departments of products that the rules do not know, each with its place below the organisation.

    Such a department stands for itself: only people whose department is spelt exactly so are in it.
    """
    spellings = rules.departments.spellings
    known = {word.lower(): word for name, others in spellings.items() for word in (name, *others)}
    for number, product in enumerate(products):
        for side in ("sold_to", "consumed_in"):
            for index, name in enumerate(getattr(product, side)):
                if name.lower() not in known:
                    cause = f"The rules know no department {name!r}; only people whose department is spelt so count"
                    found = Finding(side, cause, _meant(name, list(known.values())), fatal=False)
                    yield ("products", number, side, index), found


def _meant(wrong: str, known: Sequence[str]) -> str:
    """Ask what was meant, or name what there is."""
    spelt = {name.lower(): name for name in known}
    if close := get_close_matches(wrong.lower(), spelt, n=1):
        return f"Did you mean {spelt[close[0]]!r}?"
    more = f" and {len(known) - 2 * SHOWN} more" if len(known) > 2 * SHOWN else ""
    return f"There is: {', '.join(known[: 2 * SHOWN])}{more}." if known else ""
