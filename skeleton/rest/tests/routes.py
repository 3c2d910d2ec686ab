from skeleton.testkit.matrix import Route

ROUTES = [Route("GET", "", special="public")]
