"""What Slack makes of the text that a person types before an app sees it (docs.slack.dev "Formatting message text")."""

import re

_ADDRESS = r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}"
_URL = r"https?://[^\s<>|]+"
_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63})(?![A-Za-z0-9\-@])"
_LINKS = re.compile(rf"(?P<address>{_ADDRESS})|(?P<url>{_URL})|(?P<domain>(?<![\w.@\-/]){_DOMAIN})")
# What the composer turns into a link only when the last label is a well-known one.
_TOP_LEVEL = {"com", "net", "org", "jp", "io", "dev", "info", "biz", "edu", "gov", "de", "fr", "uk", "eu", "example"}


def composed(text: str, mentions: dict[str, str]) -> str:
    """Escape, link and resolve mentions; ``mentions`` gives the user id of a name (without @)."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An id that a program wrote is left as it is.
    escaped = re.sub(r"&lt;@(U[A-Z0-9]+)&gt;", r"<@\1>", escaped)
    linked = _LINKS.sub(_link, escaped)
    for name, user in mentions.items():
        linked = re.sub(rf"(?<![\w@])@{re.escape(name)}(?![\w@])", f"<@{user}>", linked)
    return re.sub(r"(?<![\w@])@(channel|here|everyone)\b", r"<!\1>", linked)


def _link(match: re.Match[str]) -> str:
    found = match.group()
    if match["address"]:
        return f"<mailto:{found}|{found}>"
    if match["url"]:
        return f"<{found}>"
    return f"<http://{found}|{found}>" if found.rsplit(".", 1)[1].lower() in _TOP_LEVEL else found
