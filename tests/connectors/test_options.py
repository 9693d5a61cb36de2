"""What the settings of a connection accept, and that a secret never appears in a message."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.options import FilesOptions, HubSpotOptions, JwtBearer, Options, SalesforceOptions, secrets_of

SALESFORCE: dict[str, Any] = {
    "vendor": "salesforce",
    "url": "https://acme.my.salesforce.com/",
    "auth": {"flow": "client_credentials", "client_id": "env:SF_ID", "client_secret": "keyring:rapport/acme"},
}
HUBSPOT: dict[str, Any] = {"vendor": "hubspot", "auth": {"flow": "token", "access_token": "file:/run/secrets/hubspot"}}


class Settings(BaseModel):
    """Stands for the settings, which embed the options and never show what was typed."""

    model_config = ConfigDict(hide_input_in_errors=True)

    connection: Options


def parsed(document: dict[str, Any]) -> SalesforceOptions | HubSpotOptions | FilesOptions:
    return Settings.model_validate({"connection": document}).connection


def message(document: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as raised:
        parsed(document)
    return str(raised.value)


def test_a_minimal_salesforce_connection_gets_the_documented_defaults() -> None:
    options = parsed(SALESFORCE)
    assert isinstance(options, SalesforceOptions)
    assert (options.url, options.api_version, options.prefix) == ("https://acme.my.salesforce.com", "62.0", "Rapport")
    assert (options.customer_types, options.fields, options.ca_file) == (("Customer",), {}, None)


def test_a_minimal_hubspot_connection_gets_the_documented_defaults() -> None:
    options = parsed(HUBSPOT)
    assert isinstance(options, HubSpotOptions)
    assert (options.url, options.api, options.customer_stages) == ("https://api.hubapi.com", "2026-09", ("customer",))


@pytest.mark.parametrize(
    "auth",
    [
        {
            "flow": "jwt_bearer",
            "client_id": "env:A",
            "username": "ada@acme.example",
            "private_key": "file:/run/key.pem",
        },
        {"flow": "refresh_token", "client_id": "env:A", "client_secret": "env:B", "refresh_token": "env:C"},
        {"flow": "password", "username": "a", "password": "env:P", "client_id": "env:A", "client_secret": "env:B"},
    ],
)
def test_every_salesforce_flow_is_accepted(auth: dict[str, str]) -> None:
    options = parsed({**SALESFORCE, "auth": auth})
    assert isinstance(options, SalesforceOptions)
    assert options.auth.flow == auth["flow"]


def test_the_flow_decides_which_keys_belong_to_it() -> None:
    auth = {
        "flow": "jwt_bearer",
        "client_id": "env:A",
        "username": "ada",
        "private_key": "env:K",
        "client_secret": "env:B",
    }
    assert "Extra inputs are not permitted" in message({**SALESFORCE, "auth": auth})
    del auth["client_secret"]
    options = parsed({**SALESFORCE, "auth": auth})
    assert isinstance(options, SalesforceOptions)
    assert isinstance(options.auth, JwtBearer)


@pytest.mark.parametrize("secret", ["hunter2-secret", "env:", "env:1X", "file:", "keyring:", "vault:x", "ENV:X", ""])
def test_a_secret_written_out_is_refused_and_never_repeated(secret: str) -> None:
    auth = {**SALESFORCE["auth"], "client_secret": secret}
    said = message({**SALESFORCE, "auth": auth})
    assert "env:NAME, file:PATH or keyring:NAME" in said
    assert "hunter2" not in said


def test_a_secret_that_is_no_text_is_refused_in_the_same_words() -> None:
    assert "env:NAME" in message({**HUBSPOT, "auth": {"flow": "token", "access_token": 12345}})


@pytest.mark.parametrize(
    "url",
    ["acme.my.salesforce.com", "ftp://acme.example", "https://user:pw@acme.example", "https://", "http://acme.example"],
)
def test_an_address_without_scheme_or_with_a_password_is_refused(url: str) -> None:
    assert "an address begins with https://" in message({**SALESFORCE, "url": url})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"account": {"segmnt": "Segment__c"}}, "account has no attribute 'segmnt'; did you mean 'segment'?"),
        ({"acount": {"segment": "Segment__c"}}, "there is no table 'acount' to map; did you mean 'account'?"),
        ({"signal": {"zzz": "Z__c"}}, "signal has no attribute 'zzz'; it is one of nps, nps_at, csat"),
        ({"contact": {"title": "Title; DROP"}}, "String should match pattern"),
    ],
)
def test_a_wrong_mapping_says_what_was_probably_meant(fields: dict[str, dict[str, str]], said: str) -> None:
    assert said in message({**SALESFORCE, "fields": fields})


def test_a_misspelt_key_is_an_error() -> None:
    assert "Extra inputs are not permitted" in message({**SALESFORCE, "api_verison": "62.0"})


def test_options_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        parsed(SALESFORCE).prefix = "Other"


FILES: dict[str, Any] = {"vendor": "files", "dialect": "salesforce", "folder": "export"}


def test_a_minimal_connection_to_an_export_gets_the_documented_defaults_and_needs_no_secret() -> None:
    options = parsed(FILES)
    assert isinstance(options, FilesOptions)
    assert (options.encoding, options.prefix, options.customer_types) == ("utf-8", "Rapport", ("Customer",))
    assert (options.customer_stages, options.fields, options.files) == (("customer",), {}, {})
    assert secrets_of(options) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dialect": "dynamics"}, "Input should be 'salesforce' or 'hubspot'"),
        ({"folder": ""}, "at least 1 character"),
        ({"encoding": "latin-99"}, "no text encoding"),
        ({"fields": {"account": {"segmnt": "S"}}}, "did you mean 'segment'"),
        ({"auth": {"flow": "token"}}, "Extra inputs are not permitted"),
    ],
)
def test_what_a_connection_to_an_export_cannot_be_is_refused(change: dict[str, Any], words: str) -> None:
    assert words in message({**FILES, **change})


@pytest.mark.parametrize("spelt", ["ISO-8859-1", "latin1", "iso8859_1"])
def test_an_encoding_may_be_spelt_in_any_of_its_ways(spelt: str) -> None:
    options = parsed({**FILES, "encoding": spelt})
    assert isinstance(options, FilesOptions)
    assert options.encoding == "iso8859-1"
