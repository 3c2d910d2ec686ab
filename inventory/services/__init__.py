"""The verbs of the catalogue and of stock."""
