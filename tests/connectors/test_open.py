"""Opening a connection."""

import subprocess
import sys

from connectors.open import open_connection
from connectors.options import FilesOptions, SalesforceOptions
from connectors.salesforce.connector import Salesforce


def test_opening_sends_nothing_and_asks_for_no_secret() -> None:
    auth = {"flow": "client_credentials", "client_id": "env:A", "client_secret": "env:B"}
    options = SalesforceOptions.model_validate({"vendor": "salesforce", "url": "https://acme.example", "auth": auth})
    asked: list[str] = []

    def secret(reference: str) -> str:
        asked.append(reference)
        return "x"

    connector = open_connection("sf", options, secret, lambda: 0.0)
    assert isinstance(connector, Salesforce)
    assert (connector.source, connector.calls(), asked) == ("sf", {}, [])
    connector.close()


def test_the_vendors_libraries_are_loaded_only_when_a_connection_is_opened() -> None:
    program = "import sys, connectors.open; print({'simple_salesforce', 'hubspot', 'requests'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_opening_an_export_reads_nothing_and_a_place_that_is_not_there_is_a_finding() -> None:
    described = {"vendor": "files", "dialect": "hubspot", "folder": "/nowhere/at/all"}
    connector = open_connection("hs", FilesOptions.model_validate(described), str, lambda: 0.0)
    assert connector.calls() == {}
    (finding,) = connector.check()
    assert (finding.fatal, "neither a folder nor a file" in finding.cause) == (True, True)
    connector.close()
