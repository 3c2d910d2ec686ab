"""Client addresses: finds the client behind proxies, and the network for rate limits."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

_CACHE_SIZE = 4096
_MAX_LENGTH = 80
"""Maximum length of an address with a scope and a port."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SUBSCRIBER_BITS = 64  # bits: what one subscriber of IPv6 gets at least


def client_address(request: HttpRequest) -> str | None:
    """Return the client's address: the connection's, or what the configured number of proxies report.

    Of `X-Forwarded-For` only the entries that our own proxies appended count; an entry
    that is no address is ignored, so whoever sends it is counted as the proxy itself.
    """
    proxies = settings.SKELETON_PROXIES
    if proxies:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", proxies)[-proxies:]
        found = normalized(forwarded[0].strip()) if len(forwarded) == proxies else None
        if found:
            return found
    remote: str = request.META.get("REMOTE_ADDR") or ""
    return normalized(remote) or remote or None


@lru_cache(_CACHE_SIZE)
def normalized(text: str) -> str | None:
    """Return the address in `text`, without port, brackets and scope; None if it is not an address.

    An IPv4 address that a dual-stack socket shows as IPv6 (`::ffff:203.0.113.7`) is the IPv4 address.
    """
    if len(text) > _MAX_LENGTH:
        return None
    try:
        address = ipaddress.ip_address(_without_port(text).partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def _without_port(text: str) -> str:
    """Remove brackets and port, which some proxies add: `[2001:db8::7]:443`, `203.0.113.7:443`."""
    if text.startswith("["):
        inner, bracket, port = text[1:].partition("]")
        return inner if bracket and _is_port(port, optional=True) else ""
    host, colon, port = text.partition(":")
    return host if colon and "." in host and _is_port(f":{port}") else text


def _is_port(text: str, *, optional: bool = False) -> bool:
    return (optional and not text) or (text.startswith(":") and text[1:].isascii() and text[1:].isdigit())


@lru_cache(_CACHE_SIZE)
def network_of(text: str | None) -> str:
    """Return the network that limits count by: an IPv4 address, or the /64 of an IPv6 address.

    Whoever has one IPv6 address has 2^64 of them. IPv6 that only carries IPv4 (mapped, 6to4, Teredo, NAT64) counts as
    the IPv4 address inside. Text that is not an address is its own network.
    """
    found = normalized(text or "")
    if found is None:
        return (text or "")[:_MAX_LENGTH]
    address = ipaddress.ip_address(found)
    if isinstance(address, ipaddress.IPv4Address):
        return found
    inside = _ipv4_inside(address)
    return str(inside) if inside else str(ipaddress.ip_network((address, _SUBSCRIBER_BITS), strict=False))


def _ipv4_inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
