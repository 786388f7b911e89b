"""Signs mails as the texts of RFC 6376, 8463 and 8617 say, with any tags, by nothing that the product verifies with."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from signed_mail import rsa_key

TAGS = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.jp; s=s1; h=from:to:subject; bh={bh}; b={b}"
Key = RSAPrivateKey | Ed25519PrivateKey


def canonical_body(body: bytes, how: str) -> bytes:
    """Sections 3.4.3 and 3.4.4 of RFC 6376, line by line."""
    lines = body.split(b"\r\n")
    if how == "relaxed":
        lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in lines]
    while lines and lines[-1] == b"":
        lines.pop()
    if not lines:
        return b"" if how == "relaxed" else b"\r\n"
    return b"".join(line + b"\r\n" for line in lines)


def canonical_header(field: bytes, how: str) -> bytes:
    """Sections 3.4.1 and 3.4.2; the field ends with CRLF."""
    if how == "simple":
        return field
    name, _, value = field.partition(b":")
    joined = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b""))
    return name.strip().lower() + b":" + joined.strip(b" ") + b"\r\n"


def fields_of(raw: bytes) -> list[bytes]:
    """The header fields, each with its folds and its CRLF."""
    header = raw.partition(b"\r\n\r\n")[0] + b"\r\n"
    return re.findall(rb"[^ \t\r\n][^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", header)


def named(raw: bytes, names: Sequence[str]) -> list[bytes]:
    """Section 5.4.2: the fields of these names, of each name from the bottom up."""
    left = fields_of(raw)[::-1]
    chosen = []
    for name in names:
        for field in left:
            if field.partition(b":")[0].strip().lower() == name.strip().lower().encode():
                chosen.append(field)
                left.remove(field)
                break
    return chosen


def stamp(
    raw: bytes,
    tags: str = TAGS,
    *,
    key: Key | None = None,
    names: Sequence[str] | None = None,
    fields: Sequence[bytes] | None = None,
    name: str = "DKIM-Signature",
    space: str = " ",
) -> bytes:
    """The mail with one more field on top: `name`, with the tags as given, `{bh}` and `{b}` filled in.

    c=, h= and l= are read from the tags; `names` and `fields` say in their place what is signed.
    """
    said = {n.strip(): v.strip() for n, _, v in (part.partition("=") for part in tags.split(";"))}
    header, _, body = said.get("c", "simple/simple").partition("/")
    body = canonical_body(raw.partition(b"\r\n\r\n")[2], body or "simple")
    if said.get("l", "").isdecimal():
        body = body[: int(said["l"])]
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if fields is None:
        fields = named(raw, names if names is not None else said.get("h", "").split(":"))
    how = "relaxed" if name == "ARC-Seal" else header
    written = f"{name}:{space}" + tags.replace("{bh}", digest) + "\r\n"
    own = canonical_header(re.sub(r"\s*\{b\}\s*(?=;|\Z)", "", written).encode(), how).removesuffix(b"\r\n")
    signed = b"".join(canonical_header(field, how) for field in fields) + own
    return written.replace("{b}", base64.b64encode(signature(key or rsa_key(), signed)).decode()).encode() + raw


def signature(key: Key, signed: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(hashlib.sha256(signed).digest())
    if key.key_size >= 1024:
        return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    # The library refuses short keys: RFC 8017 sections 8.2.1 and 9.2 by hand.
    size = (key.key_size + 7) // 8
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(signed).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    numbers = key.private_numbers()
    return pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")


def seal(
    raw: bytes,
    instance: int,
    *,
    chain: str | None = None,
    domain: str = "lists.example.net",
    message_tags: str = "a=rsa-sha256; c=relaxed/relaxed; d={d}; s=arc; h=from:to:subject; bh={{bh}}; b={{b}}",
    seal_tags: str = "a=rsa-sha256; cv={cv}; d={d}; s=arc; b={{b}}",
    results: str = "ARC-Authentication-Results: i={i}; {d}; spf=pass smtp.mfrom=example.jp\r\n",
    tag: str = "i={i}; ",
    key: Key | None = None,
) -> bytes:
    """The mail with the ARC set `instance` on top (RFC 8617 section 5.1)."""
    shown = {"i": instance, "d": domain, "cv": chain or ("none" if instance == 1 else "pass")}
    older = sets_of(raw)
    with_signature = stamp(raw, (tag + message_tags).format(**shown), key=key, name="ARC-Message-Signature")
    aar = results.format(**shown).encode()
    ams = fields_of(with_signature)[0]
    stamped = aar + with_signature
    return stamp(stamped, (tag + seal_tags).format(**shown), key=key, fields=[*older, aar, ams], name="ARC-Seal")


def sets_of(raw: bytes) -> list[bytes]:
    """The ARC fields in the order in which a seal signs them (section 5.1.1), for a mail whose sets are in order."""
    order = (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")
    by_name = {name: [f for f in fields_of(raw) if f.partition(b":")[0].lower() == name][::-1] for name in order}
    return [field for one in zip(*by_name.values(), strict=False) for field in one]
