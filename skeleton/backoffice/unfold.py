"""The appearance of the back office. No font, script or image is loaded from another host."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


def _stylesheet(request: HttpRequest) -> str:
    return static("backoffice/backoffice.css")


def _script(request: HttpRequest) -> str:
    return static("backoffice/backoffice.js")


def _inlines(request: HttpRequest) -> str:
    return static("backoffice/inlines.js")


def _amounts(request: HttpRequest) -> str:
    return static("backoffice/amounts.js")


def _choose_language(request: HttpRequest) -> str:
    return reverse("admin:language")


def _icon(request: HttpRequest) -> str:
    return static("backoffice/icon.svg")


_BLUE = {
    "50": "oklch(97% .014 254.6)",
    "100": "oklch(93.2% .032 255.6)",
    "200": "oklch(88.2% .059 254.1)",
    "300": "oklch(80.9% .105 251.8)",
    "400": "oklch(70.7% .165 254.6)",
    "500": "oklch(62.3% .188 259.8)",
    "600": "oklch(54.6% .215 262.9)",
    "700": "oklch(48.8% .217 264.4)",
    "800": "oklch(42.4% .181 265.6)",
    "900": "oklch(37.9% .138 265.5)",
    "950": "oklch(28.2% .087 267.9)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Skeleton",
    "SITE_HEADER": "Skeleton",
    "SITE_SUBHEADER": _("Back office"),
    "SITE_URL": None,
    "SITE_ICON": _icon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {"primary": _BLUE},
    "STYLES": [_stylesheet],
    "SCRIPTS": [_script, _inlines, _amounts],
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": _choose_language, "navigation": []},
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "skeleton.backoffice.navigation.sidebar",
    },
}
