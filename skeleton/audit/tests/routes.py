from skeleton.core.testkit.matrix import Route

ROUTES = [Route("GET", "/audit", "audit:read")]
