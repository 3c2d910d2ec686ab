"""Skeleton: a company's system of record, as a REST API and a back office."""

__version__ = "0.2.0"
"""The version of the project. The API's documentation shows it; CHANGELOG.md describes it."""
