"""Imports of CSV and XLSX files that create and change many records at once."""
