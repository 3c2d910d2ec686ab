from skeleton.testkit.matrix import Route

ROUTES = [
    Route("GET", "/events", special="signed_in"),
    Route("GET", "/events/stream", special="signed_in"),
]
