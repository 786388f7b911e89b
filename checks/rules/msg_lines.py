"""Are the lines and their ends as SMTP demands?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier

_MAX_LINE = 998

LINE_TOO_LONG = Rule(
    id="MSG107",
    name="line-too-long",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("line", "octets"),
    texts=Texts(
        title=Text(
            en="Line {line} of the mail has {octets} octets (998 are allowed)",
            ja="メールの{line}行目が{octets}オクテットあります(上限は998)",
        ),
        why=Text(
            en="Servers on the way refuse or cut lines over 998 octets (RFC 5322 section 2.1.1). A line that is cut changes the body and breaks the DKIM signature.",
            ja="998オクテットを超える行は、途中のサーバーで拒否されたり分割されたりします(RFC 5322 2.1.1節)。分割されると本文が変わり、DKIM署名が不合格になります。",
        ),
        fix=Text(
            en="Let the program that writes the mail send text and HTML as `Content-Transfer-Encoding: quoted-printable` or `base64`, which break the lines. HTML without line breaks is the usual cause.",
            ja="メールを作成するプログラムで、テキストとHTMLを `Content-Transfer-Encoding: quoted-printable` または `base64` で送信してください(自動的に改行されます)。改行のないHTMLが主な原因です。",
        ),
    ),
    variants={
        "header": Texts(
            title=Text(
                en="Line {line}, in the header, has {octets} octets (998 are allowed)",
                ja="ヘッダーの{line}行目が{octets}オクテットあります(上限は998)",
            ),
            why=Text(
                en="Servers on the way refuse or cut lines over 998 octets (RFC 5322 section 2.1.1), which damages the header and breaks the DKIM signature.",
                ja="998オクテットを超える行は、途中のサーバーで拒否されたり分割されたりします(RFC 5322 2.1.1節)。ヘッダーが壊れ、DKIM署名も不合格になります。",
            ),
            fix=Text(
                en="Let the mail library of the program that writes the mail fold its headers (a line break followed by a blank), best at 78 characters.",
                ja="メールを作成するプログラムで、メールライブラリーを使ってヘッダーを折り返してください(改行の後に空白を入れます)。1行78文字以内が目安です。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1",),
    sample=Sample(bad="<html>... (one line of 1200 octets)", good="<html>... (lines of 76 octets)"),
)

BARE_LINE_END = Rule(
    id="MSG108",
    name="bare-line-end",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("cr", "lf"),
    texts=Texts(
        title=Text(
            en="The mail has line ends that are not CRLF ({lf} times LF, {cr} times CR alone)",
            ja="CRLFでない改行があります(LFのみ{lf}個、CRのみ{cr}個)",
        ),
        why=Text(
            en="RFC 5321 section 2.3.8 forbids CR or LF alone. More and more servers refuse such mail, because it can be used for SMTP smuggling; others change it, which breaks DKIM.",
            ja="CRまたはLFだけの改行は、RFC 5321 2.3.8節で禁止されています。SMTPスマグリング対策として拒否するサーバーが増えており、途中で変換されるとDKIM署名が不合格になります。",
        ),
        fix=Text(
            en="Let the program that talks SMTP end every line with CRLF (`\\r\\n`). Give the mail to a mail library or to `sendmail` on the machine instead of writing to the socket.",
            ja="SMTPで送信するプログラムで、すべての改行をCRLF(`\\r\\n`)にしてください。ソケットに直接書き込まず、メールライブラリーやサーバーの `sendmail` コマンドを使うと確実です。",
        ),
    ),
    references=(
        "https://www.rfc-editor.org/rfc/rfc5321#section-2.3.8",
        "https://www.rfc-editor.org/rfc/rfc5322#section-2.2",
    ),
    sample=Sample(bad="Hello<LF>", good="Hello<CR><LF>"),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    form = message.form
    if form.longest_line > _MAX_LINE:
        variant = "header" if form.longest_line_in_header else None
        yield LINE_TOO_LONG.found("line", variant=variant, line=form.longest_line_number, octets=form.longest_line)
    if form.bare_cr or form.bare_lf:
        yield BARE_LINE_END.found("line end", cr=form.bare_cr, lf=form.bare_lf)


CHECK = Check(
    id="msg.lines",
    title=Text(en="Message: lines and line ends", ja="メッセージ: 行の長さと改行"),
    needs=(MessageEvidence,),
    rules=(LINE_TOO_LONG, BARE_LINE_END),
    judge=judge,
    of_mail=True,
)
