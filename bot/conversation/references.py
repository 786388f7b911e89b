"""The labels of the sources that a finding names: what one recognises, in place of an address."""

import re
from urllib.parse import urlsplit

from bot.conversation import reference_words as words
from checks import Lang

_RFC = re.compile(r"/rfc/rfc(\d+)")
_SECTION = re.compile(r"section-([\w.]+)")
_SENDER_GUIDELINES = "81126"


def labelled(urls: tuple[str, ...], lang: Lang) -> tuple[tuple[str, str], ...]:
    return tuple((_label(url, lang), url) for url in urls)


def _label(url: str, lang: Lang) -> str:
    """`RFC 7208 section 4.6.4`, `Google: sender guidelines`, who publishes a page known by its host, else the host."""
    parts = urlsplit(url)
    host = parts.hostname or url
    if host.endswith("rfc-editor.org") and (number := _RFC.search(parts.path)):
        if section := _SECTION.search(parts.fragment):
            return words.SECTION.say(lang, {"number": number[1], "section": section[1]})
        return words.RFC.say(lang, {"number": number[1]})
    if host == "support.google.com":
        page = parts.path.rpartition("/")[2]
        if page == _SENDER_GUIDELINES:
            return words.GUIDELINES.say(lang)
        about = words.GOOGLE_PAGES.get(page)
        return about.say(lang) if about is not None else words.GOOGLE.say(lang, {"page": page})
    known = words.KNOWN.get(host + parts.path) or words.KNOWN.get(host)
    return known.say(lang) if known is not None else host
