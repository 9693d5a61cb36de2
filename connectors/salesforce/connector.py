"""The Salesforce connector: the port of `connectors.base`, put together from the modules beside it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from connectors.base import Finding, Forecast, Page, ProvisionStep, StreamEnd, Write, WriteResult
from connectors.budget import Budget, Terms
from connectors.errors import Rejected, SignInRefused, Unusable
from connectors.options import SalesforceOptions
from connectors.salesforce.auth import SignIn
from connectors.salesforce.checks import findings, unserved
from connectors.salesforce.client import Client
from connectors.salesforce.failures import DIALECT
from connectors.salesforce.forecast import cost, expected
from connectors.salesforce.provision import Provisioning
from connectors.salesforce.read import pull
from connectors.salesforce.schema import Schema
from connectors.salesforce.streams import World
from connectors.salesforce.write import OBJECTS, Writer
from connectors.transport import Network, Transport
from mapping import fields
from mapping.metadata import Field, results


class Salesforce:
    """One Salesforce organisation behind the port; use `open_salesforce`.

    Objects are described by `check`, and the pull that follows it relies on the same describes: a run asks once. So it
    does on `forecast`: what was found too long for REST goes to a job at once.
    """

    def __init__(self, source: str, options: SalesforceOptions, transport: Transport, sign_in: SignIn) -> None:
        self.source = source
        self.vendor = DIALECT.vendor
        self._options = options
        self._transport = transport
        self._sign_in = sign_in
        self._client = Client(transport, options.api_version)
        self._schema = Schema(self._client)
        self._fresh = False
        self._many: Collection[str] = ()

    def server_time(self) -> int:
        """Tell the organisation's clock in epoch seconds."""
        return self._client.server_time()

    def check(self) -> Sequence[Finding]:
        """Prove API version, sign-in, objects, mapped fields and our own fields; reads only."""
        self._transport.budget.ask_again()
        try:
            if outdated := list(unserved(self._client)):
                return outdated
            self._client.server_time()
        except (Rejected, Unusable) as error:
            dead = isinstance(error, SignInRefused)
            return [Finding("connection", str(error), "", fatal=True, refused=dead)]
        self._describe()
        return list(findings(self._world()))

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
        """Read everything mapped, stream after stream."""
        self._transport.budget.ask_again()
        if not self._fresh:
            self._describe()
        many, self._fresh, self._many = self._many, False, ()
        return pull(self._world(), self._client, cursors, self._options.bulk_read_above, many)

    def writable(self, object_name: str) -> frozenset[str]:
        """Name our fields this user may write on contact, account or task."""
        on = OBJECTS[object_name]
        return frozenset(
            entry.name
            for entry in results(object_name)
            if self._schema.updateable(on, entry.salesforce_name(self._options.prefix))
        )

    def write(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Carry writes out in batches."""
        options, user = self._options, self._sign_in.user_id
        override = options.override_duplicate_alerts
        return Writer(self._client, options.prefix, options.bulk_write_above, user, override=override).run(writes)

    def provision(self, fields: Sequence[Field], dry_run: bool) -> Iterator[ProvisionStep]:
        """Create our fields, their permission set and its assignment."""
        self._client.server_time()  # signs in, so that we know who we are
        if self._sign_in.user_id is None:
            raise Unusable("Salesforce did not say who the integration user is; provisioning would serve nobody.")
        yield from Provisioning(self._client, self._options.prefix, self._sign_in.user_id).run(fields, dry_run=dry_run)
        self._schema, self._fresh = Schema(self._client), False

    def spent(self, calls: int) -> None:
        """Take note of what earlier runs of the day sent."""
        self._transport.budget.spent_before(calls)

    def forecast(self, cursors: Mapping[str, str]) -> Forecast:
        """Count what a pull will read, and learn what is left of the day's calls; a handful of calls."""
        budget = self._transport.budget
        budget.ask_again()
        if told := self._client.allowance():
            budget.learn(told)
        found = expected(self._world(), self._client, cursors, self._options.bulk_read_above)
        self._many = found.jobs
        return Forecast(found.calls, found.exists, budget.left(), budget.day(), budget.renewed_at, found.jobs)

    def cost(self, writes: Mapping[str, int]) -> int:
        """Tell about how many calls so many writes take."""
        return cost(writes, self._options.bulk_write_above)

    def left(self) -> int | None:
        """Tell how many calls we may still send today."""
        return self._transport.budget.left()

    def calls(self) -> Mapping[str, int]:
        """Count the requests sent so far."""
        return self._transport.calls()

    def close(self) -> None:
        """Close the connection pool."""
        self._transport.close()

    def _describe(self) -> None:
        """Begin anew: fields come and go between runs."""
        self._schema, self._fresh = Schema(self._client), True

    def _world(self) -> World:
        options, schema = self._options, self._schema
        mapped = fields.resolve("salesforce", options.fields, options.prefix)
        return World(self.source, schema, options.fields, mapped, options.customer_types, options.prefix)


def open_salesforce(
    source: str,
    options: SalesforceOptions,
    secret: Callable[[str], str],
    now: Callable[[], float],
    keep: Callable[[str, str], None] | None = None,
) -> Salesforce:
    """Open a connection; see `connectors.open.open_connection`."""
    sign_in = SignIn(options, secret, now, keep)
    budget = Budget(DIALECT.vendor, Terms(**options.budget.model_dump()))
    transport = Transport(DIALECT, options.url, sign_in, Network(now, ca_file=options.ca_file, budget=budget))
    return Salesforce(source, options, transport, sign_in)
