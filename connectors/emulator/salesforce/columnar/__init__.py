"""An org whose first rows lie in a DuckDB file: `base` reads them, `layered` lays changes over them as one table.

`mirror` shows those changes to DuckDB, so that `reading` can answer plain SOQL with records rendered by SQL. What it
does not understand it leaves to `soql.run`, which reads the layered tables row by row: slower, with the same answer.
"""
