"""A Salesforce org over HTTP: OAuth and SOAP login, REST, SOQL, composite resources, Tooling fields and their visibility."""
