"""Mails that are wrong in every way that a seed and a number give: `mutated(seed, number)` is always the same mail.

The beginnings are mails of our own, signed and sealed with real keys, and the examples of RFC 2046, 2047, 5322 and
6376. What is changed keeps to the structure of a mail (its fields, folds, tags, base64, parts, line ends, charsets),
because bytes changed at random hardly get past the first parser.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache

from signed_mail import PLAIN, ed25519_record, rsa_key, rsa_record, sealed, signed

from bot.demo.nameserver import Zone

Chance = random.Random

RFC_5322_A_1_2 = (
    b'From: "Joe Q. Public" <john.q.public@example.com>\r\nTo: Mary Smith <mary@x.test>, jdoe@example.org, Who? '
    b'<one@y.test>\r\nCc: <boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>\r\n'
    b"Date: Tue, 1 Jul 2003 10:52:37 +0200\r\nMessage-ID: <5678.21-Nov-1997@example.com>\r\n\r\nHi everyone.\r\n"
)
RFC_5322_A_5 = (
    b"From: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\r\nTo:A Group(Some people)\r\n"
    b"     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n  John <jdoe@one.test> (my "
    b"dear friend); (the end of the group)\r\nCc:(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;\r\n"
    b"Date: Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)"
    b"\r\nMessage-ID:              <testabcd.1234@silly.test>\r\n\r\nTesting.\r\n"
)
RFC_2046_5_1_1 = (
    b"From: Nathaniel Borenstein <nsb@example.com>\r\nTo: Ned Freed <ned@example.org>\r\n"
    b"Date: Sun, 21 Mar 1993 23:56:48 -0800 (PST)\r\nSubject: Sample message\r\nMIME-Version: 1.0\r\n"
    b'Content-type: multipart/mixed; boundary="simple boundary"\r\n\r\nThis is the preamble.\r\n\r\n--simple boundary'
    b"\r\n\r\nThis is implicitly typed plain US-ASCII text.\r\n--simple boundary\r\nContent-type: text/plain; "
    b"charset=us-ascii\r\n\r\nThis is explicitly typed.\r\n\r\n--simple boundary--\r\n\r\nThis is the epilogue.\r\n"
)
RFC_2047_8 = (
    b"From: =?US-ASCII?Q?Keith_Moore?= <moore@example.com>\r\nTo: =?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= "
    b"<keld@example.org>\r\nCC: =?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@example.net>\r\nSubject: "
    b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=\r\n\r\n"
)
RFC_6376_A_2 = (
    b"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n      c=simple/simple; q=dns/txt; "
    b"i=joe@football.example.com;\r\n      h=Received : From : To : Subject : Date : Message-ID;\r\n      "
    b"bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB"
    b"\r\n      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrI"
    b"x0orEtZV\r\n      4bmp/YzhwvcubU4=;\r\nReceived: from client1.football.example.com  [192.0.2.1]\r\n      by "
    b"submitserver.example.com with SUBMISSION;\r\n      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\nFrom: Joe SixPack "
    b"<joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\nSubject: Is dinner ready?\r\nDate: Fri, "
    b"11 Jul 2003 21:00:37 -0700 (PDT)\r\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\nHi.\r\n\r\n"
    b"We lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n"
)
JAPANESE = (
    b"Return-Path: <bounce@example.jp>\r\nFrom: =?ISO-2022-JP?B?GyRCO1JFRBsoQg==?= <info@example.jp>\r\nTo: "
    b"you@example.net\r\nSubject: =?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?=\r\nDate: Tue, 24 Nov 2026 10:00:00 +0900\r\n"
    b"Message-ID: <2@example.jp>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\n"
    b"Content-Transfer-Encoding: 7bit\r\nList-Id: <news.example.jp>\r\nList-Unsubscribe: <https://example.jp/u?1>, "
    b"<mailto:u@example.jp>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n\x1b$B$3$s$K$A$O\x1b(B\r\n"
)
NESTED = (
    b"From: info@example.jp\r\nTo: you@example.net\r\nSubject: parts\r\nDate: Tue, 24 Nov 2026 10:00:00 +0900\r\n"
    b'Message-ID: <3@example.jp>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="a"\r\n\r\n--a\r\n'
    b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=E4=BE=8B=\r\n end\r\n--b\r\nContent-Type: text/html; "
    b"charset=Shift_JIS\r\nContent-Transfer-Encoding: base64\r\n\r\nPGEgaHJlZj0iaHR0cHM6Ly9leGFtcGxlLmpwL3UiPnU8L2E+\r\n"
    b"--b--\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\ninner\r\n--a\r\nContent-Type: "
    b"application/pdf; name*0*=utf-8''%E4%BE; name*1=b.pdf\r\nContent-Disposition: attachment\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--a--\r\n"
)

KEYS = ("s1", "ed", "arc", "short", "gone", "revoked", "odd", "exponent", "huge", "two", "text", "restricted")


def zones() -> list[Zone]:
    """Where the names of the beginnings are, and keys that are wrong in ways of their own."""
    good, ed = rsa_record(rsa_key()).decode(), ed25519_record().decode()
    keys = {
        "s1": good,
        "arc": good,
        "ed": ed,
        "short": rsa_record(rsa_key(768)).decode(),
        "revoked": "v=DKIM1; p=",
        "odd": "v=DKIM1; k=rsa; p=A",
        "exponent": "v=DKIM1; k=rsa; p=" + key_of((1 << 8191) | 12345, (1 << 8191) | 1),
        "huge": "v=DKIM1; k=rsa; p=" + key_of((1 << 16383) | 12345, 65537),
        "two": good + "\n" + ed,
        "text": "v=spf1 -all",
        "restricted": good.replace("k=rsa;", "k=rsa; h=sha1; s=other; t=s:y;"),
    }
    lines = [
        f"{selector}._domainkey TXT {_quoted(record)}"
        for selector, records in keys.items()
        for record in records.split("\n")
    ]
    common = '@ MX 10 mx\n@ TXT "v=spf1 ip4:192.0.2.0/24 ~all"\n_dmarc TXT "v=DMARC1; p=none"\nmx A 192.88.99.7\n'
    owners = ("example.jp", "esp.example", "lists.example.net", "example.com", "silly.test")
    everywhere = Zone("sealers.example", f"* TXT {_quoted(good)}")
    return [everywhere, *(Zone(owner, common + "\n".join(lines)) for owner in owners)]


def _quoted(record: str) -> str:
    return " ".join(f'"{record[i : i + 250]}"' for i in range(0, len(record), 250))


def key_of(modulus: int, exponent: int) -> str:
    """An RSA public key (PKCS #1) of these numbers in base64, sensible or not."""
    import base64

    def integer(number: int) -> bytes:
        return _der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))

    return base64.b64encode(_der(0x30, integer(modulus) + integer(exponent))).decode()


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


@cache
def beginnings() -> tuple[bytes, ...]:
    both = signed(signed(PLAIN, selector="ed", algorithm=b"ed25519-sha256"), selector="s1")
    return (
        PLAIN,
        signed(),
        signed(canonicalize=(b"simple", b"simple")),
        signed(length=True, identity=b"@news.example.jp"),
        both,
        sealed(signed()),
        sealed(sealed(sealed(both)), domain="example.jp", chain="pass"),
        signed(JAPANESE, headers=[b"from", b"from", b"subject", b"list-unsubscribe", b"list-unsubscribe-post"]),
        signed(NESTED),
        signed(PLAIN, domain="esp.example"),
        RFC_5322_A_1_2,
        RFC_5322_A_5,
        RFC_2046_5_1_1,
        RFC_2047_8,
        RFC_6376_A_2,
    )


def mutated(seed: int, number: int) -> bytes:
    """The mail of this seed and number (for the keys of this process)."""
    chance = Chance(f"{seed}:{number}")
    raw = chance.choice(beginnings())
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5))):
        raw = chance.choice(MUTATIONS)(raw, chance)
    return raw[:200_000]


ODD = (
    b"", b" ", b"\0", b"=", b";", b":", b"a" * 300, b"9" * 25, b"1" * 4400, b"-1", b"0", b"\xff\xfe", "例え.jp".encode(), b"xn--a",
    b"a..b", b"." * 70, b"@", b"<>", b"\r\n ", b"\r\n\t\r\n ", b"%00", b"=?utf-8?b?!!!?=", b"\\", b'"', b"(" * 40, b"\x1b$B",
    b"rsa-sha256", b"rsa-sha1", b"ed25519-sha256", b"relaxed/relaxed", b"simple", b"from:from:from", b"9999999999", b"A===",
)  # fmt: skip
NAMES = (
    b"From", b"Sender", b"To", b"Date", b"Subject", b"Message-ID", b"MIME-Version", b"Content-Type", b"Received", b"Return-Path",
    b"DKIM-Signature", b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results", b"List-Unsubscribe", b"List-Id",
    b"List-Unsubscribe-Post", b"Content-Transfer-Encoding", b"References", b"Precedence", b"Resent-From", b"X-\xff", b"A" * 200,
)  # fmt: skip
CHARSETS = (
    b"utf-8", b"UTF-7", b"iso-2022-jp", b"cp932", b"x-unknown", b"idna", b"punycode", b"unicode_escape", b"rot13", b"zlib", b"hex",
    b"base64", b"undefined", b"utf-16", b"mbcs", b"", b"a" * 500, b"utf-8*en", b"\xe4\xbe", b"utf-8\0",
)  # fmt: skip


def _cut(raw: bytes) -> tuple[list[bytes], bytes]:
    """The fields, each with its folds and without its line end, and the body."""
    header, _, body = raw.partition(b"\r\n\r\n")
    return re.split(rb"\r\n(?![ \t])", header), body


def _joined(fields: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join(fields) + b"\r\n\r\n" + body


def any_bytes(raw: bytes, chance: Chance) -> bytes:
    start = chance.randrange(len(raw) + 1)
    end = min(len(raw), start + chance.choice((0, 1, 1, 2, 8, 64, 500)))
    new = chance.choice(
        (b"", raw[start:end] * 2, bytes(chance.randrange(256) for _ in range(end - start or 1)), chance.choice(ODD))
    )
    return raw[:start] + new + raw[end:]


def cut_off(raw: bytes, chance: Chance) -> bytes:
    start = chance.randrange(len(raw) + 1)
    return chance.choice((raw[:start], raw[start:]))


def field_moved(raw: bytes, chance: Chance) -> bytes:
    fields, body = _cut(raw)
    field = chance.choice(fields)
    match chance.randrange(4):
        case 0:
            fields.remove(field)
        case 1:
            fields[chance.randrange(len(fields)) : 0] = [field] * chance.choice((1, 1, 2, 30))
        case 2:
            chance.shuffle(fields)
        case 3:
            fields.insert(chance.randrange(len(fields) + 1), chance.choice(NAMES) + b": " + chance.choice(ODD))
    return _joined(fields, body)


def name_changed(raw: bytes, chance: Chance) -> bytes:
    fields, body = _cut(raw)
    at = chance.randrange(len(fields))
    name, colon, value = fields[at].partition(b":")
    other = chance.choice(
        (
            name.upper(),
            name.swapcase(),
            name + b" \t",
            b" " + name,
            name + b"\r\n ",
            chance.choice(NAMES),
            b"",
            name[:-1] + b"\0",
        )
    )
    fields[at] = other + chance.choice((colon, colon, colon, b"", b"::")) + value
    return _joined(fields, body)


def value_changed(raw: bytes, chance: Chance) -> bytes:
    fields, body = _cut(raw)
    at = chance.randrange(len(fields))
    name, colon, value = fields[at].partition(b":")
    start = chance.randrange(len(value) + 1)
    end = chance.choice((start, len(value), min(len(value), start + 10)))
    fields[at] = name + colon + value[:start] + chance.choice(ODD) * chance.choice((1, 1, 1, 40)) + value[end:]
    return _joined(fields, body)


def folded(raw: bytes, chance: Chance) -> bytes:
    fields, body = _cut(raw)
    at = chance.randrange(len(fields))
    start = chance.randrange(len(fields[at]) + 1)
    fold = chance.choice(
        (b"\r\n ", b"\r\n\t", b"\r\n \r\n ", b"\n ", b"\r ", b"\r\n" + b" " * 900, b"\r\n ", b" \t \r\n\t")
    )
    fields[at] = fields[at][:start] + fold * chance.choice((1, 1, 3, 25, 300)) + fields[at][start:]
    return _joined(fields, body)


def tag_changed(raw: bytes, chance: Chance) -> bytes:
    fields, body = _cut(raw)
    signatures = [i for i, field in enumerate(fields) if re.match(rb"(?i)dkim-|arc-", field)]
    if not signatures:
        return value_changed(raw, chance)
    at = chance.choice(signatures)
    name, colon, value = fields[at].partition(b":")
    tags = value.split(b";")
    which = chance.randrange(len(tags))
    tag, equals, said = tags[which].partition(b"=")
    match chance.randrange(8):
        case 0:
            del tags[which]
        case 1:
            tags.append(tags[which])
        case 2:
            tags[which] = tag + equals + chance.choice(ODD)
        case 3:
            tags[which] = tag.upper() + equals + said
        case 4:
            new = chance.choice((b"i=", b"l=", b"t=", b"x=", b"h=", b"q=", b"cv=", b"z=", b"c=", b"v="))
            tags.insert(which, b" " + new + chance.choice(ODD))
        case 5:
            tags = [b" s=" + chance.choice(KEYS).encode() if t.strip().startswith(b"s=") else t for t in tags]
        case 6:
            tags[which] = tag + equals + _base64_changed(said, chance)
        case 7:
            chance.shuffle(tags)
    fields[at] = name + colon + b";".join(tags)
    return _joined(fields, body)


def _base64_changed(text: bytes, chance: Chance) -> bytes:
    start = chance.randrange(len(text) + 1)
    return chance.choice(
        (text.rstrip(b"="), text + b"=", text[:start] + b"=" + text[start:], text[:start] + b"!" + text[start:], text[:start],
         text[:start] + b"\r\n " * 10 + text[start:], text.replace(b"+", b"-"), text[:start] + b"\xff" + text[start:])
    )  # fmt: skip


def key_changed(raw: bytes, chance: Chance) -> bytes:
    """Another selector or domain in every signature: other keys."""
    raw = re.sub(rb"\bs=[a-z0-9]+", b"s=" + chance.choice(KEYS).encode(), raw, count=chance.choice((0, 1)))
    return re.sub(
        rb"\bd=[a-z.]+", b"d=" + chance.choice((b"example.jp", b"example.com", b"jp", b"a b", b"")), raw, count=1
    )


def line_ends_changed(raw: bytes, chance: Chance) -> bytes:
    other = chance.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"\x0b", b"\x85", b"\0\r\n"))
    if chance.random() < 0.4:
        return raw.replace(b"\r\n", other)
    parts = raw.split(b"\r\n")
    return b"".join(part + (other if chance.random() < 0.1 else b"\r\n") for part in parts)


def parts_changed(raw: bytes, chance: Chance) -> bytes:
    fields, body = _cut(raw)
    boundary = chance.choice((b"a", b"", b"b" * 100, b"--", b'a"b', b" ", b"\xe4", b"a--"))
    content = b'Content-Type: multipart/%s; boundary="%s"' % (
        chance.choice((b"mixed", b"digest", b"", b"x/y")),
        boundary,
    )
    match chance.randrange(5):
        case 0:
            depth = chance.choice((1, 3, 120))
            for n in range(depth):
                body = (
                    b'--%d\r\nContent-Type: multipart/mixed; boundary="%d"\r\n\r\n' % (depth - n, depth - n - 1) + body
                )
            fields.append(b'Content-Type: multipart/mixed; boundary="%d"' % depth)
        case 1:
            body = (b"--" + boundary + b"\r\n") * chance.choice((1, 2, 400)) + body
            fields.append(content)
        case 2:
            body = b"".join(line for line in body.splitlines(keepends=True) if chance.random() < 0.8)
        case 3:
            body = re.sub(rb"--\w+", b"--" + boundary, body)
        case 4:
            fields = [f for f in fields if not f.lower().startswith(b"content-type")] + [content, content]
    return _joined(fields, body)


def charset_changed(raw: bytes, chance: Chance) -> bytes:
    charset = chance.choice(CHARSETS)
    word = b"=?%s?%s?%s?=" % (
        charset,
        chance.choice((b"b", b"q", b"B", b"x", b"")),
        chance.choice((b"4L6L", b"=E4=", b"GyRC", b"A", b"?")),
    )
    match chance.randrange(4):
        case 0:
            return re.sub(rb"(?i)charset=[^;\r\n]+", b"charset=" + charset.replace(b"\\", b""), raw)
        case 1:
            return re.sub(rb"=\?[^?]*\?[^?]*\?[^?]*\?=", word.replace(b"\\", b""), raw)
        case 2:
            return re.sub(rb"(?mi)^(From|Subject): ", rb"\1: " + word * chance.choice((1, 2, 60)) + b" ", raw)
        case _:
            start = chance.randrange(len(raw) + 1)
            return (
                raw[:start]
                + chance.choice((b"\x1b$B", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x80\x81", b"+AGE-"))
                + raw[start:]
            )


def author_changed(raw: bytes, chance: Chance) -> bytes:
    author = chance.choice((
        b"a@example.jp, b@example.com", b"Group: a@example.jp;", b"<a@example.jp", b"a@example.jp>", b'"a@b.example" <c@example.jp>',
        b"(" * 500 + b"a@example.jp", b'"' + b"\\" * 999, b"a@[192.0.2.1]", b"a@" + b"b." * 200 + b"jp", b"a@" + b"x" * 64 + b".jp",
        "利用者@例え.jp".encode(), b"a@xn--.jp", b"@example.jp", b"a@b@example.jp", b"<@x,@y:a@example.jp>", b"a..b@example.jp", b"<>",
        b"a @ example . jp", b"a@example.jp\0", b"<" * 300, b"," * 2000, b"a@example.jp (" + b"()" * 300,
    ))  # fmt: skip
    return re.sub(rb"(?m)^From:[^\r\n]*", lambda _: b"From: " + author, raw, count=1)


MUTATIONS: tuple[Callable[[bytes, Chance], bytes], ...] = (
    any_bytes, any_bytes, cut_off, field_moved, name_changed, value_changed, folded, tag_changed, tag_changed, tag_changed, key_changed,
    line_ends_changed, parts_changed, charset_changed, author_changed,
)  # fmt: skip
