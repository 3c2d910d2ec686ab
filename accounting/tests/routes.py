"""The permissions that the routes of accounting require."""

from skeleton.testkit.matrix import Route

READ, WRITE = "accounting:read", "accounting:write"

ROUTES = [
    Route("GET", "/accounts", READ),
    Route("POST", "/accounts", WRITE),
    Route("GET", "/accounts/{id}", READ),
    Route("PUT", "/accounts/{id}", WRITE),
    Route("PATCH", "/accounts/{id}", WRITE),
    Route("GET", "/accounts/{id}/ledger", READ),
    Route("GET", "/transactions", READ),
    Route("POST", "/transactions", WRITE),
    Route("GET", "/transactions/{id}", READ),
    Route("POST", "/transactions/{id}/reverse", WRITE),
    Route("GET", "/tax-codes", READ),
    Route("POST", "/tax-codes", WRITE),
    Route("GET", "/tax-codes/{id}", READ),
    Route("PUT", "/tax-codes/{id}", WRITE),
    Route("PATCH", "/tax-codes/{id}", WRITE),
    Route("GET", "/accounting/periods", READ),
    Route("POST", "/accounting/periods", WRITE),
    Route("GET", "/accounting/periods/{id}", READ),
    Route("POST", "/accounting/periods/{id}/close", WRITE),
    Route("POST", "/accounting/periods/{id}/reopen", WRITE),
    Route("GET", "/accounting/years", READ),
    Route("POST", "/accounting/years/{year}/close", WRITE),
    Route("POST", "/accounting/years/{year}/reopen", WRITE),
    Route("GET", "/reports/trial-balance", READ),
    Route("GET", "/reports/balance-sheet", READ),
    Route("GET", "/reports/income-statement", READ),
]
