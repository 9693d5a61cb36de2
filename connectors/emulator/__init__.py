"""A stranger: a Salesforce org and a HubSpot portal in one local process, written from the wire contract alone.

Nothing of Rapport is imported here and nothing of Rapport imports this; it is started as
`python -m connectors.emulator` and reached over HTTP, so that a mistake of the client is never repeated by its judge.
"""
