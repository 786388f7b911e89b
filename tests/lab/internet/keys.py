"""Private keys that are the same in every run and stand nowhere: derived from a name.

So digests of them (DS, TLSA) are constants as well.
"""

from __future__ import annotations

import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""
_PRIME_OCTETS = 128
_TO_PRIME = {"first": 64, "second": 2468}
"""How far the next prime is from the number that the word yields: to look for it takes longer than the lab to start."""
_E = 65537


def ecdsa(name: str) -> ec.EllipticCurvePrivateKey:
    """A key on the curve P-256."""
    secret = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(secret, ec.SECP256R1())


@cache
def rsa_2048() -> rsa.RSAPrivateKey:
    """The one RSA key of the lab."""
    p, q = (_prime(word, distance) for word, distance in _TO_PRIME.items())
    d = pow(_E, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(_E, p * q))
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)  # it takes longer than all certificates


def _prime(word: str, distance: int) -> int:
    octets = hashlib.shake_256(f"{word} prime of the lab".encode()).digest(_PRIME_OCTETS)
    return (int.from_bytes(octets, "big") | 3 << (8 * _PRIME_OCTETS - 2)) + distance
