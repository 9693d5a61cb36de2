"""A portal whose first records lie in a DuckDB file: `base` reads them, `layered` lays changes over them as one table.

`links` does the same for associations. `pages` and `searching` answer what is asked most by SQL over the file, merged
with what was written since; everything else reads the layered tables record by record.
"""
