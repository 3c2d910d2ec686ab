"""The permissions on parties and countries, as in section 3 of the API contract."""

from skeleton.testkit.matrix import Route


def _kind(prefix: str, *resources: str) -> list[Route]:
    read = [f"{resource}:read" for resource in resources]
    write = [f"{resource}:write" for resource in resources]
    one = f"/{prefix}/{{id}}"
    return [
        Route("GET", f"/{prefix}", *read),
        Route("POST", f"/{prefix}", *write),
        Route("GET", one, *read),
        Route("PUT", one, *write),
        Route("PATCH", one, *write),
        Route("PATCH", f"{one}/activate", *write),
        Route("PATCH", f"{one}/deactivate", *write),
        Route("PATCH", f"{one}/blacklist", *write),
    ]


ROUTES = [
    *_kind("customers", "customers", "parties"),
    *_kind("suppliers", "parties"),
    *_kind("partners", "parties"),
    *_kind("employees", "parties"),
    Route("GET", "/countries", "countries:read"),
    Route("POST", "/countries", "countries:write"),
    Route("GET", "/countries/{id}", "countries:read"),
    Route("PUT", "/countries/{id}", "countries:write"),
    Route("PATCH", "/countries/{id}", "countries:write"),
    Route("PATCH", "/countries/{id}/activate", "countries:write"),
    Route("PATCH", "/countries/{id}/deactivate", "countries:write"),
]
