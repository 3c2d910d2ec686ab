"""Printed invoices and order confirmations: their contents, their texts and their Typst template."""
