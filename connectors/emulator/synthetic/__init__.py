"""A made-up CRM of any size: `build` makes it once into a DuckDB file, `base` opens that file for both vendors.

Nothing in it is anybody's: names are put together from the lists in `words.yaml`, all addresses end in ``.example``.
"""
