"""dlt's rest_api source loads what it is told into a DuckDB file, as its users do; prints what the load took.

Run by `tests.bench.floor` with the Python that has dlt; the configuration of the source is in ``BENCH``.
"""

import json
import os
import sys
import tempfile
import time

import dlt
from dlt.sources.rest_api import rest_api_source


def main() -> None:
    """Load into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pipeline = dlt.pipeline("bench", destination="duckdb", dataset_name="crm", pipelines_dir=folder)
        cpu, wall = time.process_time(), time.perf_counter()
        pipeline.run(rest_api_source(json.loads(os.environ["BENCH"]), name="crm"))
        spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        os.chdir("/")
    sys.stdout.write(json.dumps(spent) + "\n")


if __name__ == "__main__":
    main()
