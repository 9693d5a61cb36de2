"""dlt's rest_api source loads a portal's records into a DuckDB file, as its users configure it; prints what it took.

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


def resource(name: str, asked: dict[str, list[str]]) -> dict[str, Any]:
    """List records with their properties and associations."""
    params = {"limit": 100, **{key: ",".join(asked[key]) for key in ("properties", "associations") if asked.get(key)}}
    return {"name": name, "endpoint": {"path": f"crm/v3/objects/{name}", "params": params, "data_selector": "results"}}


def source() -> Any:
    """Read every list by paging.next.after."""
    return rest_api_source(
        {
            "client": {
                "base_url": TOLD["url"],
                "auth": {"type": "bearer", "token": TOLD["token"]},
                "paginator": {"type": "cursor", "cursor_path": "paging.next.after", "cursor_param": "after"},
            },
            "resources": [resource(name, asked) for name, asked in TOLD["lists"].items()],
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
