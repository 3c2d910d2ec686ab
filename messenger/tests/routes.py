"""The routes of the messenger, from section 9 of the API specification."""

from skeleton.testkit.matrix import Route

_READ, _WRITE = "messenger:read", "messenger:write"

ROUTES = [
    Route("GET", "/conversations", _READ),
    Route("POST", "/conversations", _WRITE),
    Route("GET", "/conversations/{id}", _READ),
    Route("PUT", "/conversations/{id}/group", _WRITE),
    Route("PATCH", "/conversations/{id}/group", _WRITE),
    Route("PATCH", "/conversations/{id}/archive", _WRITE),
    Route("PATCH", "/conversations/{id}/unarchive", _WRITE),
    Route("POST", "/conversations/{id}/members", _WRITE),
    Route("DELETE", "/conversations/{id}/members", _WRITE),
    Route("POST", "/conversations/{id}/read", _READ),
    Route("GET", "/conversations/{id}/messages", _READ),
    Route("POST", "/conversations/{id}/messages", _WRITE),
    Route("PATCH", "/conversations/{id}/messages/{message_id}", _WRITE),
    Route("PUT", "/conversations/{id}/messages/{message_id}", _WRITE),
    Route("DELETE", "/conversations/{id}/messages/{message_id}", _WRITE),
    Route("POST", "/messenger/tickets", _READ),
    Route("GET", "/messenger/events", _READ),
]
