"""dlt's rest_api source loads a portal's contacts into a DuckDB file, as its users configure it; prints what it took.

Run by `tests.bench.pull_hubspot` with the Python that has dlt, and told where the portal is in ``BENCH``.
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
    """List contacts with the same properties by paging.next.after."""
    params = {"limit": 100, "properties": ",".join(TOLD["properties"])}
    return rest_api_source(
        {
            "client": {
                "base_url": TOLD["url"],
                "auth": {"type": "bearer", "token": TOLD["token"]},
                "paginator": {"type": "cursor", "cursor_path": "paging.next.after", "cursor_param": "after"},
            },
            "resources": [
                {
                    "name": "contacts",
                    "endpoint": {"path": "crm/v3/objects/contacts", "params": params, "data_selector": "results"},
                }
            ],
        },
        name="hubspot",
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
