"""Fixtures and helpers for the tests of all apps."""
