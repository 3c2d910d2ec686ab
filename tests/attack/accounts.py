"""The accounts of the attack tests: an administrator, a user without permissions, and readers of streams."""

import http.client
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from skeleton.testkit.narrowing import present
from skeleton.testkit.system import ADMIN, ServerProcess

PASSWORD = "correct horse battery"


@dataclass
class Accounts:
    """Creates the accounts over HTTP."""

    system: ServerProcess
    readers: list[str] = field(default_factory=list)

    def sign_in(self):
        """Sign in the administrator to the API and to the back office."""
        self.system.token = ""
        self.system.sign_in()
        self.token = self.system.token
        self.csrf, page_token = self._sign_in_page()
        body = {"username": ADMIN["email"], "password": ADMIN["password"], "csrfmiddlewaretoken": page_token}
        answer, _ = self._ask(
            "POST",
            "/admin/login/",
            urlencode(body),
            {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"skeleton_csrf={self.csrf}"},
        )
        assert answer.status == 302, answer.status
        jar = " ".join(answer.headers.get_all("Set-Cookie"))
        self.cookies = "; ".join(re.findall(r"skeleton_(?:session|csrf)=[^;]+", jar))

    def reader(self, number):
        """Return the token of a user with permission to read messages, created on first use."""
        self.system.token = self.token
        (role,) = [one["id"] for one in self.system.call("GET", "/roles").data["data"] if one["name"] == "admin"]
        while len(self.readers) <= number:
            user_id, token = self._register(f"reader{len(self.readers)}")
            given = self.system.call("POST", f"/users/{user_id}/roles", {"role_id": role})
            assert given.status in (200, 409), given  # 409: granted before, with an earlier server on this database
            self.readers.append(token)
        return self.readers[number]

    def nobody(self):
        """Return the token of a user without any role."""
        if not hasattr(self, "_nobody"):
            self._nobody = self._register("nobody")[1]
        return self._nobody

    def _register(self, name):
        credentials = {"email": f"{name}@example.com", "password": PASSWORD}
        self.system.call("POST", "/auth/register", {**credentials, "name": f"Some {name.title()}"})
        found = self.system.call("POST", "/auth/login", credentials)
        assert found.status == 200, found
        return found.data["user"]["id"], found.data["access_token"]

    def _sign_in_page(self):
        page, text = self._ask("GET", "/admin/login/", None, {})
        cookie = present(re.search(r"skeleton_csrf=([^;]+)", page.headers["Set-Cookie"]))[1]
        return cookie, present(re.search(r'csrfmiddlewaretoken" value="([^"]+)"', text))[1]

    def _ask(self, method, path, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.system.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer, answer.read().decode()
        finally:
            connection.close()
