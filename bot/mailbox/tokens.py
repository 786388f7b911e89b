"""One-time addresses: `t-<token>@<mail domain>`."""

import re
import secrets

# No l, 1, o and 0: people read addresses from one screen and type them on another.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
LENGTH = 16
_LOCAL_PART = re.compile(rf"t-([{ALPHABET}]{{{LENGTH}}})\Z")


def new_token() -> str:
    """80 bits that nobody guesses, in lower-case letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def address_of(token: str, mail_domain: str) -> str:
    return f"t-{token}@{mail_domain}"


def token_of(address: str, mail_domain: str) -> str | None:
    """The token in an address of the mail domain, whatever its case; None for every other address."""
    local_part, _, domain = address.lower().rpartition("@")
    found = _LOCAL_PART.match(local_part)
    return found[1] if found is not None and domain.rstrip(".") == mail_domain else None
