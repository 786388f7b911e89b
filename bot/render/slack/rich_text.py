"""rich_text: the block and the table cell of that type."""

from collections.abc import Iterator

from bot.render.slack.shape import Found, Json, items, keys, length, objects

_CONTAINERS = {
    "rich_text_section": (),
    "rich_text_list": ("style", "indent", "offset", "border"),
    "rich_text_preformatted": ("border", "language"),
    "rich_text_quote": ("border",),
}
# required keys, optional keys
_INLINE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "text": (("text",), ("style",)),
    "link": (("url",), ("text", "unsafe", "style")),
    "emoji": (("name",), ("unicode", "style", "skin_tone")),
    "user": (("user_id",), ("style",)),
    "channel": (("channel_id",), ("style",)),
    "usergroup": (("usergroup_id",), ("style",)),
    "broadcast": (("range",), ()),
    "date": (("timestamp", "format"), ("url", "fallback", "style")),
    "color": (("value",), ()),
}
_STYLES = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")


def rich_text_problems(block: Json, pointer: str) -> Iterator[Found]:
    """The elements of a rich_text block or cell; its own keys are checked by the caller."""
    elements = block.get("elements", ())
    where = f"{pointer}/elements"
    yield from items(elements, where, 3_000, least=0)
    for at, element in objects(elements):
        yield from _container(element, f"{where}/{at}")


def _container(element: Json, pointer: str) -> Iterator[Found]:
    kind = element.get("type")
    if kind not in _CONTAINERS:
        yield f"{pointer}/type", f"unsupported type: {kind}"
        return
    yield from keys(element, pointer, ("elements",), ("type", *_CONTAINERS[str(kind)]))
    if kind == "rich_text_list" and element.get("style") not in ("bullet", "ordered"):
        yield f"{pointer}/style", "must be bullet or ordered"
    for at, inner in objects(element.get("elements", ())):
        where = f"{pointer}/elements/{at}"
        yield from _container(inner, where) if kind == "rich_text_list" else _inline(inner, where)


def _inline(element: Json, pointer: str) -> Iterator[Found]:
    kind = element.get("type")
    if kind not in _INLINE:
        yield f"{pointer}/type", f"unsupported type: {kind}"
        return
    required, optional = _INLINE[str(kind)]
    yield from keys(element, pointer, required, ("type", *optional))
    if "text" in element:
        yield from length(element["text"], f"{pointer}/text", 40_000)
    style = element.get("style", {})
    if not isinstance(style, dict) or any(name not in _STYLES or type(on) is not bool for name, on in style.items()):
        yield f"{pointer}/style", f"must be an object of booleans out of {', '.join(_STYLES)}"
