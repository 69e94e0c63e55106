"""What Discord refuses in a message, a command or a form, as its documentation says it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

NAME = re.compile(r"^[-_'\w]{1,32}$")
V2 = 1 << 15


def message_faults(body: Mapping[str, Any], *, edit: bool = False) -> list[str]:
    """Name everything in a message's body that Discord would answer with 400."""
    faults = [*_text_faults(body), *_component_faults(body.get("components") or [])]
    if not edit and not any(body.get(part) for part in ("content", "embeds", "components")):
        faults.append("empty message")
    if len(str(body.get("nonce", ""))) > 25:
        faults.append("nonce: 25 or fewer")
    for each in body.get("attachments") or ():
        if not re.fullmatch(r"[0-9]+", str(each.get("id"))) or not 0 < len(each.get("filename", "")) <= 1024:
            faults.append("attachments: id and filename")
        if len(each.get("description", "")) > 1024:
            faults.append("description: 1024 or fewer")
    mentions = body.get("allowed_mentions")
    if mentions is None:
        faults.append("allowed_mentions: missing")  # Discord would let it pass; this bot must not
    elif mentions.get("parse") or mentions.get("replied_user"):
        faults.append("allowed_mentions: not empty")
    return faults


def _text_faults(body: Mapping[str, Any]) -> Iterator[str]:
    embeds = body.get("embeds") or []
    if len(body.get("content") or "") > 2000:
        yield "content: 2000 or fewer"
    if len(embeds) > 10:
        yield "embeds: 10 or fewer"
    total = 0
    for embed in embeds:
        title, description = embed.get("title", ""), embed.get("description", "")
        total += len(title.strip()) + len(description.strip())
        if not (title.strip() or description.strip()):
            yield "embed: empty"
        if len(title) > 256:
            yield "title: 256 or fewer"
        if len(description) > 4096:
            yield "description: 4096 or fewer"
        if "url" in embed and not re.match(r"https?://[^\s<>]+$", embed["url"]):
            yield f"url: not well formed: {embed['url']!r}"
        yield from _image_faults(embed, body.get("attachments"))
        if set(embed) - {"title", "description", "url", "color", "image"}:
            yield f"embed: unknown fields {set(embed)}"
    if total > 6000:
        yield "embeds: 6000 or fewer"


def _image_faults(embed: Mapping[str, Any], attached: list[Mapping[str, Any]] | None) -> Iterator[str]:
    image = embed.get("image", {}).get("url", "")
    if image and attached is not None and image not in {f"attachment://{each['filename']}" for each in attached}:
        yield f"image: not attached: {image}"


def _component_faults(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    if len(rows) > 5:
        yield "components: 5 or fewer"
    ids: list[str] = []
    for row in rows:
        if row.get("type") != 1 or not 1 <= len(row.get("components", [])) <= 5:
            yield "row: 1 to 5 buttons"
        for button in row.get("components", []):
            ids.append(button.get("custom_id", ""))
            if not 1 <= len(button.get("custom_id", "")) <= 100:
                yield "custom_id: 1 to 100"
            if not 1 <= len(button.get("label", "").strip()) <= 80:
                yield "label: 1 to 80"
            if button.get("style") not in {1, 2, 3, 4} or button.get("type") != 2:
                yield "button: style"
    if len(set(ids)) != len(ids):
        yield "custom_id: duplicated"


def command_faults(commands: list[Mapping[str, Any]]) -> list[str]:
    """Name everything in a list of commands that Discord would answer with 400."""
    faults: list[str] = []
    kinds = [command.get("type", 1) for command in commands]
    if kinds.count(1) > 100 or kinds.count(2) > 15 or kinds.count(3) > 15:
        faults.append("too many commands")
    if len({(command["name"], command.get("type", 1)) for command in commands}) != len(commands):
        faults.append("names must be unique")
    for command in commands:
        if command.get("type", 1) == 1:
            faults += _named_faults(command)
        elif command.get("description") or not 1 <= len(command["name"]) <= 32:
            faults.append(f"{command['name']}: a menu has a name alone")
        if _size(command) > 8000:
            faults.append(f"{command['name']}: 8000 or fewer")
    return faults


def _named_faults(command: Mapping[str, Any]) -> Iterator[str]:
    name = command.get("name", "")
    if not NAME.match(name) or name != name.lower():
        yield f"{name}: invalid name"
    texts = [command.get("description", ""), *command.get("description_localizations", {}).values()]
    if not all(1 <= len(text) <= 100 for text in texts):
        yield f"{name}: description 1 to 100"
    options = command.get("options", [])
    if len(options) > 25 or any(len(option.get("choices", [])) > 25 for option in options):
        yield f"{name}: 25 or fewer"
    required = [bool(option.get("required")) for option in options]
    if required != sorted(required, reverse=True):
        yield f"{name}: required options first"
    for option in options:
        yield from _named_faults(option)


def form_faults(form: Mapping[str, Any]) -> list[str]:
    """Name what Discord would refuse in a form."""
    labels = form.get("components", [])
    fine = (
        1 <= len(form.get("title", "")) <= 45
        and 1 <= len(form.get("custom_id", "")) <= 100
        and 1 <= len(labels) <= 5
        and all(each["type"] == 18 and 1 <= len(each["label"]) <= 45 for each in labels)
        and all(each["component"]["type"] == 4 and each["component"]["style"] in {1, 2} for each in labels)
    )
    return [] if fine else ["form"]


def _size(part: Mapping[str, Any]) -> int:
    own = len(part.get("name", "")) + len(part.get("description", ""))
    choices = sum(len(choice["name"]) + len(str(choice["value"])) for choice in part.get("choices", []))
    return own + choices + sum(map(_size, part.get("options", [])))
