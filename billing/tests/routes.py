"""The routes of billing, as in the API contract."""

from skeleton.testkit.matrix import Route

ROUTES = [
    Route("GET", "/orders", "orders:read"),
    Route("POST", "/orders", "orders:write"),
    Route("GET", "/orders/{id}", "orders:read"),
    Route("PUT", "/orders/{id}", "orders:write"),
    Route("PATCH", "/orders/{id}", "orders:write"),
    Route("POST", "/orders/{id}/lines", "orders:write"),
    Route("PUT", "/orders/{id}/lines/{line_id}", "orders:write"),
    Route("PATCH", "/orders/{id}/lines/{line_id}", "orders:write"),
    Route("DELETE", "/orders/{id}/lines/{line_id}", "orders:write"),
    Route("PATCH", "/orders/{id}/status", "orders:write"),
    Route("GET", "/orders/{id}/pdf", "orders:read"),
    Route("POST", "/orders/{id}/invoice", "invoices:write"),
    Route("GET", "/invoices", "invoices:read"),
    Route("POST", "/invoices", "invoices:write"),
    Route("GET", "/invoices/{id}", "invoices:read"),
    Route("PUT", "/invoices/{id}", "invoices:write"),
    Route("PATCH", "/invoices/{id}", "invoices:write"),
    Route("POST", "/invoices/{id}/lines", "invoices:write"),
    Route("PUT", "/invoices/{id}/lines/{line_id}", "invoices:write"),
    Route("PATCH", "/invoices/{id}/lines/{line_id}", "invoices:write"),
    Route("DELETE", "/invoices/{id}/lines/{line_id}", "invoices:write"),
    Route("GET", "/invoices/{id}/pdf", "invoices:read"),
    Route("POST", "/invoices/{id}/send", "invoices:write"),
    Route("POST", "/invoices/{id}/cancel", "invoices:write"),
    Route("GET", "/invoices/{id}/payments", "invoices:read"),
    Route("POST", "/invoices/{id}/payments", "invoices:write"),
    Route("GET", "/reports/receivables-aging", "accounting:read"),
]
