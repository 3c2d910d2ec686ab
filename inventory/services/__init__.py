"""The services of the catalogue and of stock."""
