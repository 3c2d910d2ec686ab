"""The permission table of identity, from section 2 of the contract."""

from skeleton.testkit.matrix import Route

ROUTES = [
    Route("POST", "/auth/register", special="public"),
    Route("POST", "/auth/login", special="public"),
    Route("POST", "/auth/refresh", special="public"),
    Route("POST", "/auth/logout", special="signed_in"),
    Route("GET", "/auth/me", special="signed_in"),
    Route("GET", "/auth/sessions", special="signed_in"),
    Route("DELETE", "/auth/sessions/{id}", special="signed_in"),
    Route("POST", "/auth/change-password", special="signed_in"),
    Route("GET", "/users", "users:read"),
    Route("GET", "/users/{id}", "users:read", special="or_oneself"),
    Route("PUT", "/users/{id}", "users:write"),
    Route("PATCH", "/users/{id}", "users:write"),
    Route("PATCH", "/users/{id}/activate", "users:write"),
    Route("PATCH", "/users/{id}/deactivate", "users:write"),
    Route("POST", "/users/{id}/roles", "roles:manage"),
    Route("DELETE", "/users/{id}/roles/{role_id}", "roles:manage"),
    Route("GET", "/roles", "roles:read"),
    Route("POST", "/roles", "roles:manage"),
    Route("GET", "/roles/{id}", "roles:read"),
    Route("PUT", "/roles/{id}", "roles:manage"),
    Route("PATCH", "/roles/{id}", "roles:manage"),
    Route("DELETE", "/roles/{id}", "roles:manage"),
    Route("GET", "/permissions", "roles:read"),
]
