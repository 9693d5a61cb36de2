"""Commands as a person gives them: a folder with settings, and asking in it."""

from collections.abc import Callable

from click.testing import Result

Ask = Callable[..., Result]
"""Gives a command, word by word, in the folder of the fixture `ask`."""

SETTINGS = """\
store: {stage: ., ledger: "sqlite:///ledger.db"}
organisations:
  acme:
    connections:
      crm: {vendor: hubspot, auth: {flow: token, access_token: "env:CRM_TOKEN"}}
"""
"""One organisation with one connection; what they say of it stands in line 5."""
