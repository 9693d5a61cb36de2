"""The HubSpot connection behind the port of `connectors.base`; it only puts the parts of this package together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from connectors.base import Finding, Forecast, Page, ProvisionStep, StreamEnd, Write, WriteResult
from connectors.budget import Budget, Terms
from connectors.errors import Rejected, SignInRefused, Unusable
from connectors.hubspot.auth import sign_in
from connectors.hubspot.client import Client
from connectors.hubspot.engagements import ENGAGEMENTS
from connectors.hubspot.failures import DIALECT
from connectors.hubspot.forecast import cost, expected
from connectors.hubspot.pace import HubSpotPace
from connectors.hubspot.provision import provision
from connectors.hubspot.read import LABELLED, Reader
from connectors.hubspot.records import BUYING_ROLE, Reading
from connectors.hubspot.schema import OBJECT_TYPES, Schema, read_schema
from connectors.hubspot.write import Writer, target
from connectors.options import AccessToken, HubSpotOptions
from connectors.transport import Network, Transport
from mapping.fields import resolve
from mapping.metadata import Field

DEALS = "deals"
Json = dict[str, Any]


class HubSpot:
    """One portal. The schema is read by `check`, and the pull that follows relies on it: a run asks once."""

    def __init__(self, source: str, options: HubSpotOptions, client: Client) -> None:
        self.source = source
        self.vendor = DIALECT.vendor
        self._options = options
        self._client = client
        self._mapped = resolve("hubspot", options.fields, options.prefix)
        self._held: Schema | None = None
        self._labels: Mapping[str, Sequence[Json]] | None = None
        self._fresh = False
        self._written: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def server_time(self) -> int:
        """Read HubSpot's clock from the Date header of a small answer."""
        return self._client.probe().server_time()

    def check(self) -> Sequence[Finding]:
        """Read the schema of everything that is mapped; what the token may not see is a finding."""
        self._client.transport.budget.ask_again()
        try:
            self.server_time()
            self._look_again()
            self._fresh = True
            found = list(self._checked_schema().findings(self._mapped, self._options.fields))
        except (Rejected, Unusable) as error:
            dead = isinstance(error, SignInRefused)
            return [Finding("connection", str(error), "", fatal=True, refused=dead)]
        return [*found, *self._optional_findings()]

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
        """Read the portal, or what changed since `cursors`; see `connectors.hubspot.read`."""
        self._client.transport.budget.ask_again()
        if not self._fresh:
            self._look_again()
        self._fresh = False
        written = {object_type: list(ids) for object_type, ids in self._written.items()}
        for item in self._reader(cursors, written).pull():
            yield item
            if isinstance(item, StreamEnd):  # whoever asks for more has kept it
                self._forget(item.stream, written)

    def writable(self, object_name: str) -> frozenset[str]:
        """Name the result fields that exist and are not read-only."""
        return self._schema().writable(object_name)

    def write(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Carry writes out in batches of 100, and remember the records: the next pull reads them by id."""
        for result in Writer(self._client, self._schema()).write(writes):
            object_name, record_id = target(result)
            if record_id:
                self._written[OBJECT_TYPES[object_name]][record_id] = None
            yield result

    def provision(self, fields: Sequence[Field], dry_run: bool) -> Iterator[ProvisionStep]:
        """Create missing groups, properties and options."""
        yield from provision(self._client, fields, self._options.prefix, dry_run)
        self._look_again()
        self._fresh = False

    def spent(self, calls: int) -> None:
        """Take note of what earlier runs of the day sent."""
        self._client.transport.budget.spent_before(calls)

    def forecast(self, cursors: Mapping[str, str]) -> Forecast:
        """Count what a pull will read, and learn what is left of the day's calls; at most 21 calls."""
        budget = self._client.transport.budget
        budget.ask_again()
        if isinstance(self._options.auth, AccessToken) and (told := self._client.allowance()):
            budget.learn(told)
        reader = self._reader(cursors, {})
        calls, exists = expected(self._client, reader.resumed(), reader.now)
        return Forecast(calls, exists, budget.left(), budget.day(), budget.renewed_at)

    def cost(self, writes: Mapping[str, int]) -> int:
        """Tell about how many calls so many writes take."""
        return cost(writes)

    def left(self) -> int | None:
        """Tell how many calls we may still send today."""
        return self._client.transport.budget.left()

    def calls(self) -> Mapping[str, int]:
        """Count the requests sent so far."""
        return self._client.transport.calls()

    def close(self) -> None:
        """Close the network connections."""
        self._client.transport.close()

    def _forget(self, object_type: str, written: Mapping[str, Sequence[str]]) -> None:
        for record_id in written.get(object_type, ()):
            self._written[object_type].pop(record_id, None)

    def _schema(self) -> Schema:
        if self._held is None:
            try:
                self._held = read_schema(self._client, self._options.prefix)
            except Rejected as error:
                raise Unusable(str(error)) from error
        return self._held

    def _checked_schema(self) -> Schema:
        """Read the properties of deals too, where the token may see them: `check` compares them, a pull leaves out
        what they lack.
        """
        schema = self._schema()
        with suppress(Rejected):
            deals = read_schema(self._client, self._options.prefix, (DEALS,))
            schema = replace(schema, properties={**schema.properties, **deals.properties})
            self._held = schema
        return schema

    def _look_again(self) -> None:
        self._held = self._labels = None

    def _reader(self, cursors: Mapping[str, str], written: Mapping[str, Sequence[str]]) -> Reader:
        if self._labels is None:
            self._labels = {one: self._client.labels(one, other) for one, other in LABELLED.items()}
        return Reader(self._client, self._reading(), self._schema().read_at, self._labels, cursors, written)

    def _reading(self) -> Reading:
        return Reading(
            source=self.source,
            mapped=self._schema().held(self._mapped),
            prefix=self._options.prefix,
            customer_stages=frozenset(self._options.customer_stages),
            role_labels=self._schema().options("contacts", BUYING_ROLE),
            missing=self._schema().missing(self._options.fields),
        )

    def _optional_findings(self) -> Iterator[Finding]:
        """Deals and engagements are optional: a token that may not read them costs evidence, not the run."""
        for object_type in (DEALS, *(one.object_type for one in ENGAGEMENTS)):
            try:
                self._client.peek(object_type)
            except Rejected as error:
                yield Finding(
                    object_type, str(error), f"Grant the scope that reads {object_type}, if it is used.", fatal=False
                )


def open_hubspot(
    source: str,
    options: HubSpotOptions,
    secret: Callable[[str], str],
    now: Callable[[], float],
    keep: Callable[[str, str], None] | None = None,
) -> HubSpot:
    """Open the connection that `options` describe; see `connectors.open.open_connection`."""
    budget = Budget(DIALECT.vendor, Terms(**options.budget.model_dump()))
    network = Network(now, options.ca_file, budget=budget)
    transport = Transport(DIALECT, options.url, sign_in(options, secret, now, keep), network, HubSpotPace(now))
    return HubSpot(source, options, Client(transport, options.api))
