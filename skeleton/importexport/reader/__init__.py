"""Reading a table that somebody else made: what runs in the process that `skeleton.importexport.sheets` starts.

It needs Python's standard library only, so that the process starts within 50 ms and holds nothing of the system: no
settings, no secrets, no database connection. A later format or encoding is another module here.
"""
