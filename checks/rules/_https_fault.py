"""What is wrong with a document that a server should serve over HTTPS, in words: for policies and logos alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from checks.catalogue import Text, Texts
from checks.model import HttpsFault, NotServed

FACTS = ("url", "host", "detail")
"""What the wordings show of a NotServed; `host` by `host_of`."""


@dataclass(frozen=True, slots=True)
class _Words:
    what: Text
    fix: Text


_CHAIN = Text(
    en="Install a TLS certificate for `{host}` from a public certificate authority, together with the intermediate certificates that the authority gives out with it.",
    ja="パブリック認証局が発行した `{host}` のTLSサーバー証明書を、認証局が配布する中間証明書とともに設定してください。",
)

_WORDS: Mapping[HttpsFault, _Words] = {
    HttpsFault.NO_ADDRESS: _Words(
        Text(en="`{host}` has no address", ja="`{host}` にアドレスがありません"),
        Text(
            en="Publish an A (and AAAA) record for `{host}` that leads to the web server with the file `{url}`.",
            ja="`{url}` のファイルを置いたWebサーバーを指すAレコード(およびAAAAレコード)を、`{host}` に登録してください。",
        ),
    ),
    HttpsFault.PRIVATE_ADDRESS: _Words(
        Text(
            en="`{host}` has no address on the Internet (`{detail}`)",
            ja="`{host}` のアドレス(`{detail}`)はインターネットから到達できません",
        ),
        Text(
            en="Let `{host}` point to an address that is reachable from the Internet.",
            ja="`{host}` に、インターネットから到達できるアドレスを登録してください。",
        ),
    ),
    HttpsFault.REFUSED: _Words(
        Text(en="`{host}` refuses the connection", ja="`{host}` が接続を拒否しています"),
        Text(
            en="Have the web server listen on port 443 of `{host}`, and let the firewall pass connections to it.",
            ja="Webサーバーが `{host}` の443番ポートで待ち受けるようにし、ファイアウォールでその接続を許可してください。",
        ),
    ),
    HttpsFault.DISCONNECTED: _Words(
        Text(en="`{host}` hangs up", ja="`{host}` が途中で接続を切断します"),
        Text(
            en="Look into the log of the web server of `{host}`: it ends the connection before the file is complete.",
            ja="ファイルの送信が終わる前に接続が切れています。`{host}` のWebサーバーのログを確認してください。",
        ),
    ),
    HttpsFault.CERTIFICATE_EXPIRED: _Words(
        Text(
            en="the TLS certificate of `{host}` has expired", ja="`{host}` のTLSサーバー証明書の有効期限が切れています"
        ),
        Text(
            en="Renew the TLS certificate of `{host}`, and see why its automatic renewal stopped.",
            ja="`{host}` のTLSサーバー証明書を更新し、自動更新が止まった原因を確認してください。",
        ),
    ),
    HttpsFault.CERTIFICATE_EARLY: _Words(
        Text(
            en="the TLS certificate of `{host}` is not valid yet",
            ja="`{host}` のTLSサーバー証明書は、まだ有効期間に入っていません",
        ),
        Text(
            en="Until its validity begins, install the previous TLS certificate of `{host}` or have a new one issued.",
            ja="有効期間が始まるまでは、`{host}` のTLSサーバー証明書を以前のものに戻すか、証明書を再発行してください。",
        ),
    ),
    HttpsFault.CERTIFICATE_NAME: _Words(
        Text(en="the TLS certificate is not for `{host}`", ja="TLSサーバー証明書が `{host}` のものではありません"),
        Text(
            en="Install a TLS certificate that names `{host}`. At a hosting service: add `{host}` there as a domain of its own, with TLS.",
            ja="`{host}` を含むTLSサーバー証明書を設定してください。ホスティングサービスの場合は、`{host}` を独自ドメインとして追加し、TLSを有効にします。",
        ),
    ),
    HttpsFault.CERTIFICATE_SELF_SIGNED: _Words(
        Text(en="the TLS certificate of `{host}` is self-signed", ja="`{host}` のTLSサーバー証明書は自己署名です"),
        _CHAIN,
    ),
    HttpsFault.CERTIFICATE_UNTRUSTED: _Words(
        Text(
            en="the TLS certificate of `{host}` leads to no trusted authority",
            ja="`{host}` のTLSサーバー証明書を、信頼された認証局までたどれません",
        ),
        _CHAIN,
    ),
    HttpsFault.HANDSHAKE: _Words(
        Text(en="the TLS handshake with `{host}` fails", ja="`{host}` とのTLSハンドシェイクに失敗します"),
        Text(
            en="Let the web server of `{host}` speak TLS 1.2 and 1.3, and give it a certificate for that name.",
            ja="`{host}` のWebサーバーでTLS 1.2と1.3を有効にし、この名前の証明書を設定してください。",
        ),
    ),
    HttpsFault.NOT_HTTP: _Words(
        Text(en="`{host}` does not answer as HTTP does", ja="`{host}` の応答がHTTPではありません"),
        Text(
            en="Have a web server answer on port 443 of `{host}`.",
            ja="`{host}` の443番ポートでWebサーバーが応答するようにしてください。",
        ),
    ),
    HttpsFault.STATUS: _Words(
        Text(en="HTTP status {detail}", ja="HTTPステータス{detail}"),
        Text(
            en="Serve the file at exactly `{url}`, with status 200 and without a login.",
            ja="`{url}` でファイルを公開し、認証なしでステータス200を返すようにしてください。",
        ),
    ),
    HttpsFault.REDIRECT: _Words(
        Text(en="it redirects to `{detail}`", ja="`{detail}` へリダイレクトされます"),
        Text(
            en="Serve the file itself at `{url}`, without a redirect: exempt this path or this host from the rule that redirects.",
            ja="リダイレクトせず、`{url}` でファイルそのものを返してください。リダイレクトの設定から、このパスまたはホストを除外します。",
        ),
    ),
    HttpsFault.TOO_LARGE: _Words(
        Text(en="it is over 64 KiB", ja="サイズが64 KiBを超えています"),
        Text(
            en="Serve a smaller file at `{url}`, with nothing after its end.",
            ja="`{url}` のファイルを小さくし、末尾に余分なデータが付かないようにしてください。",
        ),
    ),
}


def variants(title: Text, why: Text) -> dict[str, Texts]:
    """A wording for each fault, by its value: the title is `title`, then what is wrong."""
    return {
        fault.value: Texts(Text(en=title.en + words.what.en, ja=title.ja + words.what.ja), why, words.fix)
        for fault, words in _WORDS.items()
    }


def host_of(failure: NotServed) -> str:
    return urlsplit(failure.url).hostname or ""
