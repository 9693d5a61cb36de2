"""A Salesforce org over HTTP: login, REST, SOQL, composite resources, custom fields and who may see them."""
