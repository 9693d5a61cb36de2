"""Reads a customer's export (CSV files) behind the port of `connectors.base`, without any access to an API."""
