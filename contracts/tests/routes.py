"""The routes of contracts, as in section 6 of the API contract."""

from skeleton.testkit.matrix import Route

_READ = ("contracts:read", "parties:read")
_WRITE = ("contracts:write", "parties:write")

ROUTES = [
    Route("GET", "/contracts", *_READ),
    Route("POST", "/contracts", *_WRITE),
    Route("GET", "/contracts/{id}", *_READ),
    Route("PUT", "/contracts/{id}", *_WRITE),
    Route("PATCH", "/contracts/{id}", *_WRITE),
    Route("POST", "/contracts/{id}/submit", *_WRITE),
    Route("POST", "/contracts/{id}/approve", *_WRITE),
    Route("POST", "/contracts/{id}/reject", *_WRITE),
    Route("POST", "/contracts/{id}/activate", *_WRITE),
    Route("POST", "/contracts/{id}/terminate", *_WRITE),
    Route("POST", "/contracts/{id}/renew", *_WRITE),
    Route("PUT", "/contracts/{id}/payment-terms", *_WRITE),
    Route("PATCH", "/contracts/{id}/payment-terms", *_WRITE),
    Route("PUT", "/contracts/{id}/delivery-terms", *_WRITE),
    Route("PATCH", "/contracts/{id}/delivery-terms", *_WRITE),
]
