"""The records that an SPF record draws in, as a tree with the DNS lookups of every branch (RFC 7208 section 4.6.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text as Line
from rich.tree import Tree

from bot.conversation.bounds import cut
from bot.render.terminal import words
from bot.render.terminal.wrapping import Hanging
from checks import Lang, Why, printable, reason_text

LIMIT = 10
_COSTS = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_MOST_BRANCHES = 200
_LONGEST = 120


def spf_tree(root: Mapping[str, Any], lang: Lang, console: Console) -> Iterator[RenderableType]:
    """`root`: the plain form of the domain's own SpfNode."""
    total = int(root["lookups"])
    style = "bold red" if total > LIMIT else "yellow" if total == LIMIT else "green"
    said = words.LOOKUPS.say(lang, {"n": total})
    label = Line(printable(root["domain"])).append(f"  {said}", style=style)
    tree = Tree(label, guide_style="dim")
    _grow(tree, root, lang, [_MOST_BRANCHES])
    with_indent = console.options.update(width=max(console.options.max_width - 2, 10))
    for segments in console.render_lines(tree, with_indent, pad=False):
        line = Line("".join(s.text for s in segments if not s.control))
        offset = 0
        for segment in segments:
            if segment.style:
                line.stylize(segment.style, offset, offset + len(segment.text))
            offset += len(segment.text)
        yield Hanging(Line(), line, indent=2, column=0)


def _grow(tree: Tree, node: Mapping[str, Any], lang: Lang, left: list[int]) -> None:
    below = {child["via"]["position"]: child for child in node["children"] if child["via"]}
    record = node["record"]
    for term in record["terms"] if record else ():
        child = below.get(term["position"])
        if term["name"] not in _COSTS and child is None:
            continue
        if not left[0]:
            return
        left[0] -= 1
        cost = 1 + (int(child["lookups"]) if child else 0)
        label = Line(printable(cut(term["text"], _LONGEST))).append(f"  {cost}", style="bold")
        if child and (note := _note(child, lang)):
            label.append(f"  {note}", style="magenta")
        branch = tree.add(label)
        if child:
            _grow(branch, child, lang, left)


def _note(node: Mapping[str, Any], lang: Lang) -> str:
    """Why nothing stands below it."""
    if node["loops"]:
        return words.SPF_LOOP.say(lang)
    if node["cut"]:
        return words.SPF_CUT.say(lang)
    match node["records"]["state"]:
        case "unreachable":
            return reason_text(Why(node["records"]["why"])).say(lang)
        case "absent":
            return words.NONE.say(lang)
    return ""
