"""Interactive elements and the blocks that are little more than a row of them."""

from collections.abc import Iterator, Mapping

from bot.render.slack.shape import Found, Json, items, keys, length, objects, text_object

CONTEXT_ELEMENTS = 10
ACTIONS_ELEMENTS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
BUTTON_URL = 3_000
ACTION_ID = 255
SELECT_OPTIONS = 100
OPTION_TEXT = 75
OPTION_VALUE = 150
PLACEHOLDER = 150
ALT_TEXT = 2_000
INPUT_LABEL = 2_000

# required keys, optional keys; action_id and confirm are checked for all alike
_ELEMENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "button": (("text",), ("url", "value", "style", "accessibility_label")),
    "overflow": (("options",), ()),
    "static_select": (("options",), ("placeholder", "initial_option", "focus_on_load")),
    "radio_buttons": (("options",), ("initial_option", "focus_on_load")),
    "checkboxes": (("options",), ("initial_options", "focus_on_load")),
    "users_select": ((), ("placeholder", "initial_user", "focus_on_load")),
    "channels_select": ((), ("placeholder", "initial_channel", "response_url_enabled", "focus_on_load")),
    "conversations_select": (
        (),
        ("placeholder", "initial_conversation", "default_to_current_conversation", "response_url_enabled", "filter"),
    ),
    "timepicker": ((), ("placeholder", "initial_time", "timezone", "focus_on_load")),
    "datepicker": ((), ("placeholder", "initial_date", "focus_on_load")),
    "plain_text_input": (
        (),
        (
            "placeholder",
            "initial_value",
            "multiline",
            "min_length",
            "max_length",
            "dispatch_action_config",
            "focus_on_load",
        ),
    ),
}
_MOST_OPTIONS = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}


def section_text_problems(value: object, pointer: str, longest: int, most: int | None = None) -> Iterator[Found]:
    """One text object, or with ``most`` an array of up to that many."""
    if most is None:
        yield from text_object(value, pointer, longest)
        return
    yield from items(value, pointer, most)
    for at, field in objects(value):
        yield from text_object(field, f"{pointer}/{at}", longest)


def accessory_problems(value: object, pointer: str) -> Iterator[Found]:
    """The element at the right of a section."""
    if not isinstance(value, Mapping):
        yield pointer, "must be an object"
    elif value.get("type") == "image":
        yield from keys(value, pointer, ("alt_text",), ("type", "image_url", "slack_file"))
        yield from image_problems(value, pointer)
    else:
        yield from element_problems(value, pointer, refused=("plain_text_input",))


def context_problems(block: Json, pointer: str) -> Iterator[Found]:
    """Texts and small images."""
    elements = block.get("elements", ())
    yield from items(elements, f"{pointer}/elements", CONTEXT_ELEMENTS)
    for at, element in objects(elements):
        where = f"{pointer}/elements/{at}"
        if element.get("type") == "image":
            yield from keys(element, where, ("alt_text",), ("type", "image_url", "slack_file"))
            yield from image_problems(element, where)
        else:
            yield from text_object(element, where, 3_000)


def actions_problems(block: Json, pointer: str) -> Iterator[Found]:
    """Buttons, selects and pickers; an action_id is unique within its block."""
    elements = block.get("elements", ())
    yield from items(elements, f"{pointer}/elements", ACTIONS_ELEMENTS)
    seen: set[object] = set()
    for at, element in objects(elements):
        where = f"{pointer}/elements/{at}"
        yield from element_problems(element, where, refused=("plain_text_input",))
        action_id = element.get("action_id")
        if isinstance(action_id, str) and action_id in seen:
            yield f"{where}/action_id", "must be unique in its block"
        seen.add(action_id)


def input_problems(block: Json, pointer: str) -> Iterator[Found]:
    """A labelled element."""
    for key in ("label", "hint"):
        if key in block:
            yield from text_object(block[key], f"{pointer}/{key}", INPUT_LABEL, kinds=("plain_text",))
    element = block.get("element")
    if isinstance(element, Mapping):
        yield from element_problems(element, f"{pointer}/element", refused=("button", "overflow"))
    elif "element" in block:
        yield f"{pointer}/element", "must be an object"


def image_problems(image: Json, pointer: str) -> Iterator[Found]:
    """An image by URL or by Slack file, never both; its own keys are checked by the caller."""
    if ("image_url" in image) == ("slack_file" in image):
        yield pointer, "must have either image_url or slack_file"
    if "image_url" in image:
        yield from length(image["image_url"], f"{pointer}/image_url", BUTTON_URL)
    if "alt_text" in image:
        yield from length(image["alt_text"], f"{pointer}/alt_text", ALT_TEXT)
    if "title" in image:
        yield from text_object(image["title"], f"{pointer}/title", ALT_TEXT, kinds=("plain_text",))


def element_problems(element: Json, pointer: str, refused: tuple[str, ...] = ()) -> Iterator[Found]:
    """One interactive element."""
    kind = element.get("type")
    if not isinstance(kind, str) or kind not in _ELEMENTS or kind in refused:
        yield f"{pointer}/type", f"unsupported type: {kind}"
        return
    required, optional = _ELEMENTS[kind]
    yield from keys(element, pointer, required, ("type", "action_id", "confirm", *optional))
    if "action_id" in element:
        yield from length(element["action_id"], f"{pointer}/action_id", ACTION_ID)
    if "placeholder" in element:
        yield from text_object(element["placeholder"], f"{pointer}/placeholder", PLACEHOLDER, kinds=("plain_text",))
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{pointer}/confirm")
    if kind == "button":
        yield from _button(element, pointer)
    if "options" in element:
        yield from _options(element["options"], f"{pointer}/options", _MOST_OPTIONS.get(kind, SELECT_OPTIONS))


def _button(button: Json, pointer: str) -> Iterator[Found]:
    if "text" in button:
        yield from text_object(button["text"], f"{pointer}/text", BUTTON_TEXT, kinds=("plain_text",))
    for key, most in (("value", BUTTON_VALUE), ("url", BUTTON_URL), ("accessibility_label", BUTTON_TEXT)):
        if key in button:
            yield from length(button[key], f"{pointer}/{key}", most)
    if button.get("style", "primary") not in ("primary", "danger"):
        yield f"{pointer}/style", "must be primary or danger"


def _options(options: object, pointer: str, most: int) -> Iterator[Found]:
    yield from items(options, pointer, most)
    for at, option in objects(options):
        where = f"{pointer}/{at}"
        yield from keys(option, where, ("text", "value"), ("description", "url"))
        if "text" in option:
            yield from text_object(option["text"], f"{where}/text", OPTION_TEXT)
        if "value" in option:
            yield from length(option["value"], f"{where}/value", OPTION_VALUE)


def _confirm(confirm: object, pointer: str) -> Iterator[Found]:
    if not isinstance(confirm, Mapping):
        yield pointer, "must be an object"
        return
    yield from keys(confirm, pointer, ("title", "text", "confirm", "deny"), ("style",))
    for key, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        if key in confirm:
            kinds = ("plain_text", "mrkdwn") if key == "text" else ("plain_text",)
            yield from text_object(confirm[key], f"{pointer}/{key}", most, kinds=kinds)
