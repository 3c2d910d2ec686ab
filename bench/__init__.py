"""Benchmarks against a hand-written floor, a stock DRF project and FastAPI. See `bench/__main__.py`."""
