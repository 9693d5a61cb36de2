"""The connector to HubSpot, through hubspot-api-client over `connectors.transport`."""
