"""The seed `demo`: the story of one vendor and its customers."""

from typing import Any

from connectors.emulator.seeds.empty_seed import empty_seed


def demo_seed() -> dict[str, Any]:
    """Build the demo story as one seed object with relative moments."""
    return empty_seed()
