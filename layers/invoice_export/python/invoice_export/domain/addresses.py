"""Which addresses are on the public internet, and belong to a server there.

Python's ``is_global`` follows the IANA registries, but it calls an address global whose
prefix is only a tunnel into IPv4 (NAT64, 6to4), and its answers change between
releases. This module refuses such addresses whole, whatever IPv4 address they embed.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# All of IPv6 that IANA hands out. NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), IPv4-mapped,
# IPv4-translated and IPv4-compatible addresses, and all private ones, lie outside.
# https://www.iana.org/assignments/ipv6-address-space
GLOBAL_UNICAST = ip_network("2000::/3")

# Global, but no server of a customer's. The IANA special-purpose registries name all of
# these but the last.
SPECIAL = tuple(
    ip_network(prefix)
    for prefix in (
        "2001::/23",  # protocol assignments, with Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112, as the next but one
        "3fff::/20",  # documentation
        "192.0.0.0/24",  # protocol assignments
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT, multicast over unicast
        "192.88.99.0/24",  # relays of 6to4
        "192.175.48.0/24",  # AS112
        "168.63.129.16/32",  # what Azure serves to its own machines
    )
)

# The upper half of ISATAP's interface identifiers; the lower half is an IPv4 address.
# RFC 5214, section 6.1.
ISATAP = {0x0000_5EFE, 0x0200_5EFE}


def is_public(text: str) -> bool:
    """Whether ``text`` is the address of a server on the public internet."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if not address.is_global or address.is_multicast:
        return False
    if any(address in network for network in SPECIAL):
        return False
    return isinstance(address, IPv4Address) or _is_native(address)


def _is_native(address: IPv6Address) -> bool:
    interface = int(address) & (1 << 64) - 1
    return address in GLOBAL_UNICAST and interface >> 32 not in ISATAP
