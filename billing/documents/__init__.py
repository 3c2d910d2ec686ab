"""Invoices and order confirmations on paper: what they say (`contents`), in which words, and how it is set (Typst)."""
