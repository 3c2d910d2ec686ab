"""The routes of billing, as the contract gives them."""

from skeleton.core.testkit.matrix import Route

ROUTES = [
    Route("GET", "/invoices", "invoices:read"),
    Route("POST", "/invoices", "invoices:write"),
    Route("GET", "/invoices/{id}", "invoices:read"),
    Route("PUT", "/invoices/{id}", "invoices:write"),
    Route("PATCH", "/invoices/{id}", "invoices:write"),
    Route("POST", "/invoices/{id}/lines", "invoices:write"),
    Route("PUT", "/invoices/{id}/lines/{line_id}", "invoices:write"),
    Route("PATCH", "/invoices/{id}/lines/{line_id}", "invoices:write"),
    Route("DELETE", "/invoices/{id}/lines/{line_id}", "invoices:write"),
    Route("POST", "/invoices/{id}/send", "invoices:write"),
    Route("POST", "/invoices/{id}/cancel", "invoices:write"),
    Route("GET", "/invoices/{id}/payments", "invoices:read"),
    Route("POST", "/invoices/{id}/payments", "invoices:write"),
    Route("GET", "/reports/receivables-aging", "accounting:read"),
]
