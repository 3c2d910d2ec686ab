"""Requests that are invalid before they reach a resource: always the API's error format, never a 500."""

import json

import pytest
from django.test import Client, RequestFactory

from skeleton.identity.models import Role
from skeleton.identity.tests.factories import UserFactory
from skeleton.rest.addresses import client_address, network_of
from skeleton.rest.middleware import request_id_of
from skeleton.testkit.client import Answer

pytestmark = pytest.mark.django_db


def post(client, body, path="/roles", **options):
    return client.call("POST", path, body if isinstance(body, bytes) else body.encode(), **options)


def role(name="Clerk", **more):
    return {"name": name, "permissions": [], **more}


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        ["{", "}", '{"a"}', "{'a': 1}", '{"a": 1,}', "nul", '{"a": NaN}', '{"a": Infinity}', '{"a": 01}', '{"a": "\t"}']
        + ["[]", "[{}]", "null", "true", "7", '"x"', " ", '{"name": "\\ud800"}', '{"name": "\\udc00\\ud800"}']
        + ['{"name": "x"} {"name": "y"}', "\ufeff{}", "// x\n{}"],
        ids=repr,
    )
    def test_what_is_not_a_json_object_is_400(self, owner, body):
        error = post(owner, body.encode("utf-8", "surrogatepass")).refused(400)
        assert error["error"] == "bad_request"

    @pytest.mark.parametrize("raw", [b"\xff\xfe{}", b'{"name": "\xff"}', b"\x00", b'{"name": "\x00"}'])
    def test_what_is_not_utf_8_is_400(self, owner, raw):
        post(owner, raw).refused(400)

    @pytest.mark.parametrize("number", ["1e400", "-1e400", "1e308", "9" * 400, "-" + "9" * 30, "0.0000000000000001"])
    def test_huge_numbers_are_refused_where_they_stand(self, owner, number):
        answer = post(owner, f'{{"name": {number}, "permissions": []}}')
        assert answer.status in (400, 422), answer
        answer = post(owner, f'{{"name": "x", "permissions": [{number}]}}')
        assert answer.status in (400, 422), answer

    def test_null_characters_are_named(self, owner):
        post(owner, '{"name": "a\\u0000b", "permissions": []}').refused(422, "name")
        post(owner, '{"name": "a", "permissions": ["\\u0000"]}').refused(422, "permissions.0")
        post(owner, '{"na\\u0000me": "a", "permissions": []}').refused(422)
        post(owner, '{"name": "a\\\\u0000b", "permissions": []}').ok(201)  # a backslash and a word

    @pytest.mark.parametrize("depth", [33, 900, 100_000])
    def test_deep_nesting(self, owner, depth):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            body = f'{{"name": {opening * depth}1{closing * depth}}}'
            post(owner, body).refused(400)

    def test_nesting_up_to_the_limit_is_only_of_the_wrong_type(self, owner):
        post(owner, f'{{"name": {"[" * 31}{"]" * 31}, "permissions": []}}').refused(422, "name")

    def test_a_body_over_one_megabyte(self, owner):
        for size in (1_000_001, 10_000_000):
            body = b'{"name": "' + b"x" * size + b'"}'
            assert post(owner, body).refused(413)["error"] == "payload_too_large"
        assert post(owner, b'{"name": "' + b"x" * 999_000 + b'"}').status == 422

    def test_many_keys(self, owner):
        body = json.dumps({f"k{n}": n for n in range(50_000)})
        assert len(post(owner, body).refused(422)["details"]) < 100

    def test_of_a_repeated_key_the_last_counts(self, owner):
        assert post(owner, '{"name": "a", "name": "b", "permissions": []}').ok(201)["name"] == "b"

    def test_no_body_is_an_empty_one(self, owner):
        post(owner, b"").refused(422, "name", "permissions")
        clerk = Role.objects.create(name="Clerk")
        assert owner.call("PUT", f"/roles/{clerk.pk}", b"").ok()["name"] == "Clerk"

    @pytest.mark.parametrize(
        "kind",
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "", "x/y/z"],
    )
    def test_another_content_type_is_415(self, owner, kind):
        answer = owner.call("POST", "/roles", b'{"name": "x", "permissions": []}', content_type=kind)
        assert answer.refused(415)["error"] == "unsupported_media_type"

    @pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/json;x=y"])
    def test_json_in_other_spellings(self, owner, kind):
        owner.call("POST", "/roles", b'{"name": "x", "permissions": []}', content_type=kind).ok(201)

    def test_a_chunked_body_is_never_read_as_empty(self, owner):
        answer = owner.call("PUT", "/roles/x", None, headers={"Transfer-Encoding": "chunked"})
        assert answer.refused(411)["error"] == "length_required"

    @pytest.mark.parametrize("length", ["-1", "x", "1e3", "٣"])
    def test_a_length_that_is_no_number(self, owner, length):
        response = Client(raise_request_exception=False).generic(
            "POST", "/api/v1/roles", b"", headers={"Authorization": f"Bearer {owner.token}"}, CONTENT_LENGTH=length
        )
        assert Answer(response).status in (400, 415, 422)

    def test_the_permission_comes_first(self, outsider, anonymous):
        post(outsider, "{").refused(403)
        post(anonymous, "{").refused(401)


class TestProtocol:
    def test_only_json_is_answered(self, owner):
        for accept in ("text/html", "application/xml", "image/*", "application/vnd.api+json"):
            answer = owner.call("GET", "/users", headers={"Accept": accept})
            assert answer.refused(406)["error"] == "not_acceptable"

    @pytest.mark.parametrize(
        "accept", ["*/*", "application/*", "application/json", "text/html, application/json;q=0.5"]
    )
    def test_json_is_acceptable(self, owner, accept):
        owner.call("GET", "/users", headers={"Accept": accept}).ok()

    @pytest.mark.parametrize("accept", ["", ";", "///", "a" * 5000, "text/html;q=banana", ",,,"])
    def test_a_strange_accept_is_no_fault_of_ours(self, owner, accept):
        assert owner.call("GET", "/users", headers={"Accept": accept}).status in (200, 406)

    def test_a_method_that_the_path_does_not_have(self, owner, anonymous):
        for method in ("DELETE", "PATCH", "OPTIONS", "TRACE"):
            answer = owner.call(method, "/users")
            assert answer.refused(405)["error"] == "method_not_allowed"
            assert "GET" in answer.headers["Allow"]
        assert Client().delete("/api/v1/users").status_code == 401

    @pytest.mark.parametrize(
        "path", ["/nowhere", "/users/", "/users/x/y/z", "//users", "/users%00", "/ÿ", "/users/%2e%2e"]
    )
    def test_a_path_that_is_not_there(self, owner, path):
        error = owner.get(path).refused(404)
        assert error["error"] == "not_found"
        assert error["request_id"]

    def test_a_head_has_no_body(self, owner):
        answer = Answer(Client().head("/api/v1/users", headers={"Authorization": f"Bearer {owner.token}"}))
        assert answer.status == 200
        assert answer.data is None

    def test_a_foreign_host(self, owner):
        answer = owner.call("GET", "/users", headers={"Host": "evil.example"})
        assert answer.status in (200, 400)

    def test_answers_are_not_sniffed(self, owner):
        assert owner.get("/users").headers["X-Content-Type-Options"] == "nosniff"


class TestRequestId:
    @pytest.mark.parametrize("given", ["abc", "trace-7", "a" * 128, "00-4bf92f35-01", "x:y/z+w=@v._"])
    def test_a_sane_one_is_kept(self, anonymous, given):
        answer = anonymous.call("GET", "/auth/me", headers={"X-Request-ID": given})
        assert answer.headers["X-Request-ID"] == given
        assert answer.data["request_id"] == given

    @pytest.mark.parametrize("given", ["", "a" * 129, "a b", "a\tb", "ÿ", "<script>", '"', "a;b", "abc\n"])
    def test_another_is_replaced(self, given):
        request = RequestFactory().get("/", headers={"X-Request-ID": given})
        made = request_id_of(request)
        assert made != given
        assert len(made) == 36

    def test_each_answer_has_its_own(self, anonymous):
        assert anonymous.get("/auth/me").headers["X-Request-ID"] != anonymous.get("/auth/me").headers["X-Request-ID"]


class TestClientAddress:
    @pytest.mark.parametrize(
        "proxies, forwarded, address",
        [
            (0, None, "127.0.0.1"),
            (0, "203.0.113.7", "127.0.0.1"),
            (1, None, "127.0.0.1"),
            (1, "203.0.113.7", "203.0.113.7"),
            (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
            (2, "198.51.100.1, 203.0.113.7", "198.51.100.1"),
            (2, "6.6.6.6, 198.51.100.1, 203.0.113.7", "198.51.100.1"),
            (2, "203.0.113.7", "127.0.0.1"),
            (1, "2001:db8::7", "2001:db8::7"),
            (1, "unknown", "127.0.0.1"),
            (1, "203.0.113.7' OR 1=1", "127.0.0.1"),
            (1, "203.0.113.7:1234", "203.0.113.7"),
            (1, "[2001:db8::7]:1234", "2001:db8::7"),
            (1, "[2001:DB8::7]", "2001:db8::7"),
            (1, "2001:0db8:0:0::7", "2001:db8::7"),
            (1, "fe80::1%eth0", "fe80::1"),
            (1, "fe80::1%" + "x" * 70, "fe80::1"),
            (1, "fe80::1%" + "x" * 300, "127.0.0.1"),
            (1, "::ffff:203.0.113.7", "203.0.113.7"),
            (1, "[2001:db8::7", "127.0.0.1"),
            (1, "[2001:db8::7]x", "127.0.0.1"),
            (1, "203.0.113.7:", "127.0.0.1"),
            (1, "203.0.113.7:٣", "127.0.0.1"),
            (1, "2001:db8::7, 6.6.6.6,198.51.100.1", "198.51.100.1"),
            (2, "spoofed, [2001:db8::7]:1234, 198.51.100.1", "2001:db8::7"),
            (1, "203.0.113.7,", "127.0.0.1"),
            (1, "999.1.1.1", "127.0.0.1"),
            (1, "a" * 10000, "127.0.0.1"),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_a_header_counts_behind_that_many_proxies(self, settings, proxies, forwarded, address):
        settings.SKELETON_PROXIES = proxies
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        assert client_address(RequestFactory().get("/", headers=headers)) == address

    @pytest.mark.parametrize(
        "remote, address", [("::ffff:203.0.113.7", "203.0.113.7"), ("2001:DB8::7", "2001:db8::7"), ("", None)]
    )
    def test_the_connections_address_in_one_spelling(self, remote, address):
        assert client_address(RequestFactory().get("/", REMOTE_ADDR=remote)) == address

    @pytest.mark.parametrize(
        "one, other",
        [
            ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"),
            ("203.0.113.7", "::ffff:203.0.113.7"),
            ("203.0.113.7", "2002:cb00:7107::1"),
            ("203.0.113.7", "2002:cb00:7107:ffff::1"),
            ("203.0.113.7", "64:ff9b::203.0.113.7"),
            ("fe80::1%a", "fe80::2%b"),
        ],
    )
    def test_of_one_network(self, one, other):
        assert network_of(one) == network_of(other)

    @pytest.mark.parametrize(
        "one, other", [("2001:db8::1", "2001:db8:0:1::1"), ("203.0.113.7", "203.0.113.8"), ("", "203.0.113.7")]
    )
    def test_of_two_networks(self, one, other):
        assert network_of(one) != network_of(other)


class TestPaging:
    @pytest.fixture
    def crowd(self, owner):
        UserFactory.create_batch(24)

    def test_pages(self, owner, crowd):
        first = owner.get("/users").ok()
        assert {name: first[name] for name in ("total", "page", "limit", "has_more")} == {
            "total": 25,
            "page": 1,
            "limit": 20,
            "has_more": True,
        }
        second = owner.get("/users", page=2).ok()
        assert (len(second["items"]), second["has_more"]) == (5, False)
        ids = [user["id"] for user in (*first["items"], *second["items"])]
        assert ids == sorted(ids, reverse=True)
        assert len(set(ids)) == 25

    def test_past_the_end_is_empty(self, owner, crowd):
        for page in (3, 99, 2**31):
            found = owner.get("/users", page=page).ok()
            assert (found["items"], found["total"], found["has_more"]) == ([], 25, False)

    def test_a_limit_over_a_hundred_is_a_hundred(self, owner):
        assert owner.get("/users", limit=101).ok()["limit"] == 100
        assert owner.get("/users", limit=100).ok()["limit"] == 100
        assert owner.get("/users", limit=1).ok()["limit"] == 1
        assert owner.get("/users", limit=2**31).ok()["limit"] == 100

    @pytest.mark.parametrize("name", ["page", "limit"])
    @pytest.mark.parametrize("value", ["0", "-1", "1.5", "x", "", "1e3", "٣", " 1", "+1", "9" * 30, "0x1", "1_0"])
    def test_a_bad_number_is_named(self, owner, name, value):
        owner.get("/users", **{name: value}).refused(400, name)

    @pytest.mark.parametrize(
        "query, field",
        [
            ({"sort_by": "password"}, "sort_by"),
            ({"sort_by": ""}, "sort_by"),
            ({"sort_by": "name; DROP TABLE"}, "sort_by"),
            ({"sort_order": "up"}, "sort_order"),
            ({"sort_order": "ASC"}, "sort_order"),
            ({"who": "me"}, "who"),
            ({"active": "1"}, "active"),
            ({"active": "True"}, "active"),
            ({"search": "\x00"}, "search"),
            ({"search": "x" * 256}, "search"),
            ({"cursor": "", "page": "1"}, "cursor"),
        ],
        ids=str,
    )
    def test_a_bad_parameter_is_named(self, owner, query, field):
        owner.get("/users", **query).refused(400, field)

    def test_what_is_allowed_is_said(self, owner):
        assert "name, email, created_at" in owner.get("/users", sort_by="x").refused(400)["message"]


def cursors(client, path, **query):
    cursor = ""
    while cursor is not None:
        page = client.get(path, cursor=cursor, **query).ok()
        assert page.keys() == {"items", "next_cursor", "has_more", "limit"}
        assert page["has_more"] == (page["next_cursor"] is not None)
        yield page
        cursor = page["next_cursor"]


def test_no_row_is_lost_or_doubled_while_others_come(owner):
    """In every order, rows that exist during the whole traversal are seen exactly once."""
    made = iter(range(1000))

    def newcomer():
        return str(UserFactory.create(name=f"same {next(made) % 2}").pk)

    for query in (
        {},
        {"sort_order": "asc"},
        {"sort_by": "name"},
        {"sort_by": "name", "sort_order": "desc"},
        {"sort_by": "email"},
        {"sort_by": "created_at", "sort_order": "desc"},
    ):
        there = {newcomer() for _ in range(5)}
        seen = []
        for page in cursors(owner, "/users", limit=2, **query):
            seen += [user["id"] for user in page["items"]]
            newcomer()
            if len(seen) > 60:
                break
        assert len(seen) == len(set(seen)), query
        assert there <= set(seen) or len(seen) > 60, query


@pytest.mark.parametrize(
    "cursor",
    ["x", "%", "e30=", "bnVsbA==", "W10=", "WzEsMiwzLDRd", "ÿ", "a" * 5000, "\x00", "W251bGwsbnVsbCxudWxsLG51bGxd"],
)
def test_a_cursor_that_was_not_given_is_refused(owner, cursor):
    owner.get("/users", cursor=cursor).refused(400, "cursor")


def test_a_cursor_of_another_order_is_refused(owner, colleague, viewer):
    given = owner.get("/users", cursor="", limit=1, sort_by="name").ok()["next_cursor"]
    owner.get("/users", cursor=given, limit=1, sort_by="name").ok()
    for query in ({}, {"sort_by": "email"}, {"sort_by": "name", "sort_order": "desc"}):
        owner.get("/users", cursor=given, **query).refused(400, "cursor")


def test_health_needs_nobody():
    client = Client()
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").json() == {"status": "ready"}
    assert client.get("/api/v1/schema").status_code == 200
