"""Members of JSON text, redacted in place: everything around them stays as it was sent."""

from __future__ import annotations

import json
import re

from ingest.redaction.policy import Redaction

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_COLON = re.compile(r"\s*:\s*")
_DECODER = json.JSONDecoder()


def redacted_json(text: str, redaction: Redaction, prefix: str = "") -> str:
    """`text` (JSON) with the value of each member that may not be written replaced, at any depth.

    The policy is asked for `prefix` and the member's name. A hash covers a text's content, any other value as
    it was sent. A dropped value is an empty text, so that it still differs from none; null stays null.
    """
    if not redaction.may_concern(text):
        return text
    parts = []
    written = at = 0
    while string := _STRING.search(text, at):
        at = string.end()
        colon = _COLON.match(text, at)
        if colon is None:
            continue
        action = redaction.action(prefix + json.loads(string[0]))
        if action == "keep":
            continue
        begin = colon.end()
        value, at = _DECODER.raw_decode(text, begin)
        if value is None:
            continue
        told, _ = redaction.replacement(action, value if isinstance(value, str) else text[begin:at])
        parts += [text[written:begin], json.dumps(told)]
        written = at
    return "".join([*parts, text[written:]])
