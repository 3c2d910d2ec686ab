"""Reads untrusted tables, in the child process that `skeleton.importexport.sheets` starts.

It uses only Python's standard library, so that the process starts within 50 ms and has no access to settings, secrets
or the database. A new format is a new module here.
"""
