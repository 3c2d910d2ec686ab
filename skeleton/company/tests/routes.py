"""The permission table of the company's record."""

from skeleton.testkit.matrix import Route

ROUTES = [
    Route("GET", "/company", special="signed_in"),
    Route("PUT", "/company", "accounting:write"),
    Route("PATCH", "/company", "accounting:write"),
]
