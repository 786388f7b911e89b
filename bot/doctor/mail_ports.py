"""Port 25: what can be told of it from inside, and what cannot."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import socket
from datetime import datetime, timedelta

from bot.doctor.finding import Finding, State
from bot.settings import Settings
from bot.store import Arrival
from checks import Fact, Text

ANSWER_S = 5.0
RECENT = timedelta(days=30)
"""A mail from outside that came within this time proves that the port is open."""

_INBOUND = Text(
    en="Whether port 25 of this machine is reachable from the internet cannot be tested from here; no mail from outside came in the last {days} days.",
    ja="このマシンの25番ポートにインターネットから到達できるかどうかは、ここからは確認できません。過去{days}日間、外部からのメールは届いていません。",
)
_SEND_ONE = Text(
    en="Send one mail to a test address from outside (`/mailcheck`, then a mail to the address in the thread); after that this line says when it came. Even `doctor@{domain}` tells something: the answer `550 5.1.1 No such address here` shows that port 25 is open.",
    ja="外部からテスト用アドレスにメールを1通送ってください(`/mailcheck` を実行し、スレッドに表示されたアドレス宛てに送信)。届くと、この行に受信日時が表示されます。`doctor@{domain}` に送って `550 5.1.1 No such address here` というエラーが返る場合も、25番ポートには到達できています。",
)


def examine_inbound(settings: Settings, arrival: Arrival | None, now: datetime) -> Finding:
    """Known only by what came in: nobody can knock at his own door from outside."""
    facts: dict[str, Fact] = {"domain": settings.mail_domain or "", "days": RECENT.days}
    if arrival is None or now - arrival.received_at > RECENT:
        return Finding("inbound", State.UNKNOWN, _INBOUND, facts, _SEND_ONE)
    facts |= {"at": arrival.received_at.strftime("%Y-%m-%d %H:%M UTC"), "ip": arrival.client_ip}
    seen = Text(
        en="Mail comes in from the internet: the last one on {at} from `{ip}`.",
        ja="インターネットからメールが届いています(最後の受信: {at}、`{ip}` から)。",
    )
    return Finding("inbound", State.OK, seen, facts)


async def examine_mailbox_port(settings: Settings, *, bot_runs: bool | None, answer_s: float = ANSWER_S) -> Finding:
    """Does the mailbox answer, or, where no bot runs, could it have the port? `bot_runs` None: not known."""
    facts: dict[str, Fact] = {
        "host": settings.mailbox_host or "*",
        "port": settings.mailbox_port,
        "name": settings.greeting_name,
    }
    if settings.mailbox_port == 0:
        seen = Text(
            en="`MAILCHECK_MAILBOX_PORT` is 0: each start takes another port.",
            ja="`MAILCHECK_MAILBOX_PORT` が0のため、起動のたびに異なるポートを使います。",
        )
        return Finding("mailbox_port", State.UNKNOWN, seen, facts, _SET_PORT)
    if bot_runs is False:
        return _could_listen(settings, facts)
    return await _greets(settings, facts, bot_runs=bot_runs, answer_s=answer_s)


_SET_PORT = Text(
    en="Set `MAILCHECK_MAILBOX_PORT` to 25, or to the port that 25 is forwarded to.",
    ja="`MAILCHECK_MAILBOX_PORT` に25、または25番ポートの転送先のポートを設定してください。",
)


def _could_listen(settings: Settings, facts: dict[str, Fact]) -> Finding:
    host = settings.mailbox_host or "0.0.0.0"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, settings.mailbox_port))
            probe.listen(1)
    except PermissionError:
        return Finding("mailbox_port", State.WRONG, _NOT_ALLOWED, facts, _ALLOW)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Finding("mailbox_port", State.WRONG, _TAKEN, facts, _FREE)
        facts["error"] = error.strerror or type(error).__name__
        return Finding("mailbox_port", State.WRONG, _NO_PORT, facts, _OTHER_HOST)
    seen = Text(
        en="The bot does not run; port {port} on `{host}` is free for it.",
        ja="ボットは起動していません。`{host}` の{port}番ポートは使用できます。",
    )
    return Finding("mailbox_port", State.OK, seen, facts)


_NOT_ALLOWED = Text(
    en="This user may not listen on port {port} of `{host}`.",
    ja="このユーザーには、`{host}` の{port}番ポートで待ち受ける権限がありません。",
)
_ALLOW = Text(
    en="Give the service `AmbientCapabilities=CAP_NET_BIND_SERVICE` (see the unit in the README), and run the doctor as the service runs.",
    ja="サービスに `AmbientCapabilities=CAP_NET_BIND_SERVICE` を設定し(READMEのユニットファイルを参照)、doctorもサービスと同じ権限で実行してください。",
)
_TAKEN = Text(
    en="Another program listens on port {port} of `{host}`.",
    ja="`{host}` の{port}番ポートは別のプログラムが使用しています。",
)
_FREE = Text(
    en="`sudo ss -ltnp sport = :{port}` names it; often it is Postfix or Exim of the system. Stop it, or bind it to 127.0.0.1 and the bot to the address of the network interface (`MAILCHECK_MAILBOX_HOST`; behind NAT the private one).",
    ja="`sudo ss -ltnp sport = :{port}` でプログラムを確認できます(多くはOS標準のPostfixやEximです)。停止するか、そのプログラムを127.0.0.1だけで待ち受けさせ、ボットにはネットワークインターフェースのアドレス(NAT環境ではプライベートアドレス)を `MAILCHECK_MAILBOX_HOST` で指定してください。",
)
_NO_PORT = Text(
    en="The mailbox cannot listen on port {port} of `{host}`: {error}.",
    ja="メールボックスが `{host}` の{port}番ポートで待ち受けられません({error})。",
)
_OTHER_HOST = Text(
    en="Set `MAILCHECK_MAILBOX_HOST` to an address of this machine; `0.0.0.0` is every IPv4 address.",
    ja="`MAILCHECK_MAILBOX_HOST` にこのマシンのアドレスを設定してください。`0.0.0.0` はすべてのIPv4アドレスを表します。",
)


async def _greets(settings: Settings, facts: dict[str, Fact], *, bot_runs: bool | None, answer_s: float) -> Finding:
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.mailbox_host, settings.mailbox_host)
    try:
        greeting = await _greeting(host, settings.mailbox_port, answer_s, first=_header(settings, host))
    except TimeoutError:
        seen = Text(
            en="Port {port} of `{host}` did not greet in time.",
            ja="`{host}` の{port}番ポートから時間内に応答がありません。",
        )
        return Finding("mailbox_port", State.UNKNOWN, seen, facts, _SEE_LOG)
    except OSError as error:
        facts["error"] = error.strerror or type(error).__name__
        seen = Text(
            en="Nothing answers on port {port} of `{host}`: {error}.",
            ja="`{host}` の{port}番ポートが応答しません({error})。",
        )
        return Finding("mailbox_port", State.UNKNOWN if bot_runs is None else State.WRONG, seen, facts, _SEE_LOG)
    facts["greeting"] = greeting
    if greeting.split()[:2] == ["220", settings.greeting_name]:
        seen = Text(en="The mailbox greets: `{greeting}`.", ja="メールボックスが応答しています(`{greeting}`)。")
        return Finding("mailbox_port", State.OK, seen, facts)
    if greeting.startswith("4"):
        seen = Text(
            en="The mailbox turns us away for now: `{greeting}`.",
            ja="メールボックスが一時的に接続を拒否しています(`{greeting}`)。",
        )
        return Finding("mailbox_port", State.UNKNOWN, seen, facts, _SEE_LOG)
    seen = Text(
        en="What answers on port {port} of `{host}` is not this mailbox: `{greeting}` (it would say `220 {name}`).",
        ja="`{host}` の{port}番ポートで応答しているのは、このメールボックスではありません: `{greeting}`(正しい応答は `220 {name}`)。",
    )
    return Finding("mailbox_port", State.WRONG, seen, facts, _FREE)


_SEE_LOG = Text(
    en="See the log of the bot (`journalctl -u mailcheck`), and whether it runs with the same settings as this command.",
    ja="ボットのログ(`journalctl -u mailcheck`)と、このコマンドと同じ設定で動作しているかどうかを確認してください。",
)


def _header(settings: Settings, host: str) -> bytes:
    """What we must say first where the mailbox takes us for a proxy, which we are to our own address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return b""
    return b"PROXY UNKNOWN\r\n" if any(address in network for network in settings.proxy_from) else b""


async def _greeting(host: str, port: int, answer_s: float, *, first: bytes = b"") -> str:
    """The first line that an SMTP server says, for people. Raises OSError, of which TimeoutError is one."""
    async with asyncio.timeout(answer_s):
        reader, writer = await asyncio.open_connection(host, port, limit=4096)
        try:
            writer.write(first)
            line = await reader.readline()
            writer.write(b"QUIT\r\n")
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            return line.decode("ascii", "replace").strip()[:200]
        except ValueError:
            return ""  # a line without end
        finally:
            writer.transport.abort()


async def examine_outbound(target: tuple[str, int]) -> Finding:
    """`target`: host and port of a mail server of the operator's own; no stranger's is ever tried."""
    facts: dict[str, Fact] = {"host": target[0], "port": target[1]}
    try:
        greeting = await _greeting(*target, ANSWER_S)
    except socket.gaierror:
        seen = Text(en="The address of `{host}` could not be found.", ja="`{host}` のアドレスが得られません。")
        return Finding("outbound", State.UNKNOWN, seen, facts, _NAME_TARGET)
    except OSError as error:
        facts["error"] = error.strerror or ("timeout" if isinstance(error, TimeoutError) else type(error).__name__)
        seen = Text(
            en="No connection to port {port} of `{host}`: {error}.",
            ja="`{host}` の{port}番ポートに接続できません({error})。",
        )
        return Finding("outbound", State.WRONG, seen, facts, _OPEN_OUTBOUND)
    facts["greeting"] = greeting
    if greeting.startswith("220"):
        seen = Text(
            en="`{host}` answers on port {port}: `{greeting}`.",
            ja="`{host}` の{port}番ポートが応答しました(`{greeting}`)。",
        )
        return Finding("outbound", State.OK, seen, facts)
    seen = Text(
        en="`{host}` answers on port {port}, but does not greet as a mail server: `{greeting}`.",
        ja="`{host}` の{port}番ポートは応答しますが、メールサーバーの応答ではありません(`{greeting}`)。",
    )
    return Finding("outbound", State.UNKNOWN, seen, facts, _NAME_TARGET)


_NAME_TARGET = Text(
    en="Name a mail server of yours in another network: `mailcheck doctor --outbound mx.example.com`.",
    ja="別のネットワークにある自社のメールサーバーを `mailcheck doctor --outbound mx.example.com` のように指定してください。",
)
_OPEN_OUTBOUND = Text(
    en="If other machines reach it, your network or hosting company blocks outgoing connections to port 25. Nothing is lost: this version of the bot connects to no mail server.",
    ja="他のマシンから接続できる場合は、ネットワークまたはホスティング事業者が25番ポートへの送信を遮断しています(OP25B)。このバージョンのボットは他のメールサーバーに接続しないため、影響はありません。",
)
