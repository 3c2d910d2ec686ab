"""The permission table of notifications, from section 8 of the contract."""

from skeleton.testkit.matrix import Route

ROUTES = [
    Route("GET", "/notifications", special="signed_in"),
    Route("GET", "/notifications/{id}", special="signed_in"),
    Route("PATCH", "/notifications/{id}/read", special="signed_in"),
    Route("POST", "/notifications/read-all", special="signed_in"),
    Route("GET", "/notifications/preferences", special="signed_in"),
    Route("PATCH", "/notifications/preferences", special="signed_in"),
    Route("PUT", "/notifications/preferences", special="signed_in"),
]
