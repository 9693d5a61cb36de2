"""How a connection is described in the settings; untrusted YAML enters here.

`sync.settings` embeds `Options`; `connectors.open` turns a description into a connector. Secrets are never written
here: only where they are kept (``env:NAME``, ``file:PATH``, ``keyring:NAME``).
"""

import codecs
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from mapping import fields
from mapping.metadata import PREFIX

_REFERENCE = re.compile(r"^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*|keyring:[\w.@/-]+)$")


def _reference(value: object) -> str:
    """Accept a reference to a secret; the message never repeats what was written, it may be the secret itself."""
    if isinstance(value, str) and _REFERENCE.match(value):
        return value
    raise PydanticCustomError("secret", "write where the secret is kept: env:NAME, file:PATH or keyring:NAME")


def _url(value: str) -> str:
    """Accept an address, with or without a path, and drop a slash at its end; plain http only on this machine."""
    if not re.match(r"^(?:https://[^/\s@]+|http://(?:127\.0\.0\.1|localhost)(?::\d+)?)(?:/[^\s@]*)?$", value):
        raise PydanticCustomError("url", "an address begins with https:// and holds no user name")
    return value.rstrip("/")


def _encoding(value: str) -> str:
    """Accept the name of a text encoding under any of its spellings."""
    try:
        return codecs.lookup(value).name.replace("utf-8-sig", "utf-8")
    except LookupError:
        raise PydanticCustomError("encoding", "this is no text encoding; for example utf-8 or iso-8859-1") from None


def _mapped(value: fields.Chosen) -> fields.Chosen:
    if wrong := list(fields.problems(value)):
        raise PydanticCustomError("fields", "{reasons}", {"reasons": "; ".join(wrong)})
    return value


Secret = Annotated[str, BeforeValidator(_reference)]
"""A reference to a secret, resolved by the `secret` function handed to `connectors.open`."""
Url = Annotated[str, AfterValidator(_url)]
CrmField = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
FieldMap = Annotated[Mapping[str, Mapping[str, CrmField | None]], AfterValidator(_mapped)]
"""Table -> attribute -> CRM field (None turns an attribute off); see `mapping.fields`."""
Prefix = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,14}$")]


class _Closed(BaseModel):
    """Immutable, and a misspelt key is an error; messages never repeat the input."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ClientCredentials(_Closed):
    """Salesforce server-to-server sign-in by an External Client App with a run-as user."""

    flow: Literal["client_credentials"]
    client_id: Secret
    client_secret: Secret


class JwtBearer(_Closed):
    """Salesforce sign-in by a certificate; `audience` is only needed where the login host is unusual."""

    flow: Literal["jwt_bearer"]
    client_id: Secret
    username: str
    private_key: Secret
    audience: Url | None = None


class RefreshToken(_Closed):
    """OAuth with a refresh token that a person granted once; both vendors."""

    flow: Literal["refresh_token"]
    client_id: Secret
    client_secret: Secret
    refresh_token: Secret


class Password(_Closed):
    """Salesforce username and password over OAuth; blocked in new organisations, never SOAP."""

    flow: Literal["password"]
    username: str
    password: Secret
    security_token: Secret | None = None
    client_id: Secret
    client_secret: Secret


class AccessToken(_Closed):
    """HubSpot private app token or service key."""

    flow: Literal["token"]
    access_token: Secret


class BudgetOptions(_Closed):
    """How much of a vendor's allowance of calls we may use (our defaults).

    `share` of a day's calls is ours; so many calls as `reserve` says are always left to the people and apps of the
    organisation; at most `concurrent` of our calls are under way at a time.
    """

    share: Annotated[float, Field(gt=0, le=1)] = 0.2
    reserve: Annotated[int, Field(ge=0)] = 1000
    concurrent: Annotated[int, Field(ge=1, le=20)] = 4


class SalesforceOptions(_Closed):
    """One Salesforce organisation. `url` is its My Domain address; `customer_types` are beginnings of Account.Type.

    More records of an object than `bulk_read_above` are read by a job of Bulk API 2.0, more values than
    `bulk_write_above` written by one (our defaults: a job costs a handful of calls and some minutes). A row that a
    duplicate rule blocks is not written, unless `override_duplicate_alerts` is set and the rule only alerts.
    """

    vendor: Literal["salesforce"]
    url: Url
    auth: Annotated[ClientCredentials | JwtBearer | RefreshToken | Password, Field(discriminator="flow")]
    ca_file: str | None = None
    api_version: Annotated[str, Field(pattern=r"^\d{2,3}\.0$")] = "62.0"
    prefix: Prefix = PREFIX
    customer_types: tuple[str, ...] = ("Customer",)
    budget: BudgetOptions = BudgetOptions()
    bulk_read_above: Annotated[int, Field(ge=0)] = 50_000
    bulk_write_above: Annotated[int, Field(ge=0)] = 2_000
    override_duplicate_alerts: bool = False
    fields: FieldMap = Field(default_factory=dict)


class HubSpotOptions(_Closed):
    """One HubSpot portal. `customer_stages` are the lifecycle stages of a customer company.

    `api` is a dated version, or v3 or v4: both mean the numbered paths, of which HubSpot has v4 for associations alone.
    """

    vendor: Literal["hubspot"]
    auth: Annotated[AccessToken | RefreshToken, Field(discriminator="flow")]
    url: Url = "https://api.hubapi.com"
    ca_file: str | None = None
    api: Literal["2026-09", "2026-03", "v3", "v4"] = "2026-09"
    prefix: Prefix = PREFIX
    customer_stages: tuple[str, ...] = ("customer",)
    budget: BudgetOptions = BudgetOptions()
    fields: FieldMap = Field(default_factory=dict)


class FilesOptions(_Closed):
    """A customer's export as CSV files, in place of a CRM; `dialect` names the CRM it comes from.

    `folder` is the folder or zip it lies in. `files` maps an object of the CRM to a pattern of file names, where the
    names do not tell (``{contacts: "crm-dump-people*.csv"}``). The others are those of the CRM's own connection.
    """

    vendor: Literal["files"]
    dialect: Literal["salesforce", "hubspot"]
    folder: Annotated[str, Field(min_length=1)]
    files: Mapping[str, str] = Field(default_factory=dict)
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    prefix: Prefix = PREFIX
    customer_types: tuple[str, ...] = ("Customer",)
    customer_stages: tuple[str, ...] = ("customer",)
    fields: FieldMap = Field(default_factory=dict)


def secrets_of(options: SalesforceOptions | HubSpotOptions | FilesOptions) -> list[str]:
    """List the references to secrets of a connection, so that the composition root can miss all of them at once."""
    if isinstance(options, FilesOptions):
        return []
    return [held for held in options.auth.model_dump().values() if isinstance(held, str) and _REFERENCE.match(held)]


Options = Annotated[SalesforceOptions | HubSpotOptions | FilesOptions, Field(discriminator="vendor")]
"""What `sync.settings` embeds for each connection."""
