"""Salesforce over REST, Composite and Tooling, with simple-salesforce as request builder."""
