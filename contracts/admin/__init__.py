"""Contracts in the back office."""

from contracts.admin import contracts

__all__ = ["contracts"]
