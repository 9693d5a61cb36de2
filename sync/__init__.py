"""When to plan and whether to apply."""
