from skeleton.testkit.matrix import Route

ROUTES = [Route("GET", "/audit", "audit:read")]
