"""The services of identity: accounts, roles and sessions."""
