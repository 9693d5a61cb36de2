"""Bulk API 2.0: jobs that query (`queries`, `statement`, `extract`) and jobs that write (`ingest`, `upload`, `rows`).

`jobs` holds what a job is, `progress` when it goes on, `rendering` how rows become CSV. The org keeps the jobs; HTTP
comes in through the handlers of `queries` and `ingest` only.
"""
