"""Networks of clients: what one of them can easily have many of counts as one."""

import ipaddress


def network_of(address: str | None) -> str:
    """The IPv4 address, or the /64 of the IPv6 address, which is what one subscriber has. Empty for what is neither."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
