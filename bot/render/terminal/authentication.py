"""What SPF, DKIM and DMARC gave for one mail, as a small table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text as Line

from bot.render.terminal import words
from checks import Lang, printable

_STYLE = {"pass": "green", "fail": "bold red", "softfail": "bold red", "permerror": "bold red", "temperror": "magenta"}


def authentication(results: Mapping[str, Any], lang: Lang) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 1), header_style="dim", pad_edge=False)
    for column in (words.METHOD, words.RESULT, words.DOMAIN, words.ALIGNED):
        table.add_column(column.say(lang), overflow="fold")
    spf, dmarc = results["spf"], results["dmarc"]
    rows = [("SPF", spf["result"], "", spf["domain"], spf["aligned"])]
    rows += [(f"DKIM ({s['selector']})", s["result"], s["reason"], s["domain"], s["aligned"]) for s in results["dkim"]]
    rows += [("DMARC", dmarc["result"], "", dmarc["domain"], None)]
    for method, result, reason, domain, aligned in rows:
        said = f"{result} ({reason})" if reason else str(result or "-")
        table.add_row(
            Line(printable(method)),
            Line(printable(said), style=_STYLE.get(str(result), "")),
            Line(printable(str(domain or "-"))),
            Line("" if aligned is None else (words.YES if aligned else words.NO).say(lang)),
        )
    return table


def hearsay(told: Mapping[str, Any], lang: Lang) -> Line:
    """What the mail file says of its own session, marked as such."""
    tls = " ".join(printable(word) for word in (told["tls_version"], told["tls_cipher"]) if word)
    if not tls and str(told["protocol"]).endswith(("S", "SA")):
        tls = printable(told["protocol"])
    over = words.HEARSAY_TLS.say(lang, {"tls": tls}) if tls else words.HEARSAY_NO_TLS.say(lang)
    names = {"client": printable(told["client_ip"] or "?"), "helo": printable(told["helo"] or "?")}
    return Line(words.HEARSAY.say(lang, names | {"tls": over}), style="dim")
