"""The permission table of files, from section 8 of the contract."""

from skeleton.testkit.matrix import Route

ROUTES = [
    Route("GET", "/files", "files:read"),
    Route("POST", "/files", "files:write"),
    Route("GET", "/files/{id}", "files:read"),
    Route("GET", "/files/{id}/download", "files:read"),
    Route("DELETE", "/files/{id}", "files:write"),
]
