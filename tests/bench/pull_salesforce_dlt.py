"""dlt's rest_api source loads contacts of an organisation into a DuckDB file, as its users configure it.

Run by `tests.bench.pull_salesforce` with the Python that has dlt, and told in ``BENCH`` where the organisation is and
what to ask. It prints what the load took.
"""

import json
import os
import sys
import tempfile
import time
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_source

TOLD = json.loads(os.environ["BENCH"])


def source() -> Any:
    """Query by nextRecordsUrl, which is a path and no whole address."""
    return rest_api_source(
        {
            "client": {
                "base_url": f"{TOLD['url']}/services/data/v62.0/",
                "headers": {"Sforce-Query-Options": "batchSize=2000"},
                "auth": {"type": "bearer", "token": TOLD["token"]},
                "paginator": {"type": "json_link", "next_url_path": "nextRecordsUrl"},
            },
            "resources": [
                {
                    "name": "contacts",
                    "endpoint": {"path": "queryAll", "params": {"q": TOLD["query"]}, "data_selector": "records"},
                }
            ],
        },
        name="salesforce",
    )


def main() -> None:
    """Load them into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pipeline = dlt.pipeline("bench", destination="duckdb", dataset_name="crm", pipelines_dir=folder)
        cpu, wall = time.process_time(), time.perf_counter()
        pipeline.run(source())
        spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        os.chdir("/")
    sys.stdout.write(json.dumps(spent) + "\n")


if __name__ == "__main__":
    main()
