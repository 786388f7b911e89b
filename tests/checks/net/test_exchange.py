"""How servers are named, by whoever calls and by the system."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.net.exchange import Server, system_servers


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("127.0.0.1", Server("127.0.0.1", 53)),
        ("127.0.0.1:5353", Server("127.0.0.1", 5353)),
        ("::1", Server("::1", 53)),
        ("[::1]", Server("::1", 53)),
        ("[::1]:5353", Server("::1", 5353)),
        ("fe80::1%lo", Server("fe80::1%lo", 53)),
    ],
)
def test_servers_are_read(text: str, server: Server) -> None:
    assert Server.parse(text) == server


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", "[::1", "[::1]53", "1.2.3"]
)
def test_what_is_no_server_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="name server"):
        Server.parse(text)


def test_the_servers_of_the_system(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text(
        "# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 # second\n"
        "nameserver fe80::1%eth0\nnameserver resolver.example\nnameserver\nnameserver 192.0.2.1\noptions ndots:1\n"
    )
    assert system_servers(conf) == (Server("192.0.2.1"), Server("2001:db8::1"), Server("fe80::1%eth0"))
    assert system_servers(tmp_path / "none") == ()
