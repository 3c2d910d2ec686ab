"""The kernel, which every other package may import. It contains no HTTP and no SQL text."""
