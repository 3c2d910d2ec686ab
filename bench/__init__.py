"""How fast we are, measured beside a floor, the stock way and a peer. See `bench/__main__.py`."""
