"""Extracts the current values of a page's forms, for tests that submit them with changes."""

from html.parser import HTMLParser

FILLED_BY_SCRIPTS = "__prefix__"


class _Fields(HTMLParser):
    """Collects the values that a browser would send for the page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str | list[str]] = {}
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value if value is not None else "" for name, value in attrs}
        name = given.get("name", "")
        kind = given.get("type", "text")
        if tag == "input" and name and kind not in ("submit", "button", "file"):
            if kind not in ("checkbox", "radio"):
                self.values[name] = given.get("value", "")
            elif "checked" in given:
                self.values[name] = given.get("value", "on")
        elif tag == "textarea":
            self._text, self.values[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self._choose(given.get("value", ""))

    def _choose(self, value: str) -> None:
        chosen = self.values.get(self._select)
        several = [chosen] if isinstance(chosen, str) else chosen
        self.values[self._select] = value if several is None else [*several, value]

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._text] = f"{self.values[self._text]}{data}"

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""
        elif tag == "select":
            self._select = ""


def fields_of(html: str) -> dict[str, str | list[str]]:
    """Return the name and value of every field that the page would send."""
    parser = _Fields()
    parser.feed(html)
    return {name: value for name, value in parser.values.items() if FILLED_BY_SCRIPTS not in name}
