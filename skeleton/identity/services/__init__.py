"""The verbs of identity: accounts, roles, sessions."""
