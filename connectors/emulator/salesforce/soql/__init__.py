"""SOQL: text -> tokens (`lexer`) -> tree (`parser`) -> bound to a schema (`bind`, `conditions`) -> answers (`run`).

Knows nothing of HTTP or storage: `run` reads through the small `Catalog` protocol in `bind`.
"""
