"""The kernel: what every other package may import. No HTTP, and no SQL text."""
