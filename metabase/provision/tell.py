"""A plan in words for people, or as JSON for programs."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator

from metabase.provision.compare import Change, shown
from metabase.provision.identity import file_of
from metabase.provision.plan import KINDS, Plan, Step

_LONGEST = 160


def lines_of_plan(plan: Plan) -> Iterator[str]:
    """Each step with the keys that differ, before and after; then what it all comes to."""
    for step in plan.steps:
        yield f"{step.action} {title(step)}"
        yield from _lines_of_changes(step.changes)
    yield from plan.notes
    if not plan.steps:
        yield f"Nothing to do: {plan.unchanged} objects are as their files say."
        return
    counts = ", ".join(
        f"{count} to {action}"
        for action in ("create", "update", "restore", "archive")
        if (count := sum(step.action == action for step in plan.steps))
    )
    yield f"{counts}, {plan.unchanged} unchanged."
    yield f"apply would make at most {plan.calls} writing calls, then run {plan.questions} questions."


def json_of_plan(plan: Plan) -> str:
    """One JSON object: the steps with their changes, and the same counts."""
    return json.dumps(
        {
            "steps": [
                {
                    "action": step.action,
                    "kind": step.kind,
                    "key": step.key,
                    "calls": step.calls,
                    "changes": [
                        {"path": list(change.path), "before": change.before, "after": change.after}
                        for change in step.changes
                    ],
                }
                for step in plan.steps
            ],
            "unchanged": plan.unchanged,
            "calls": plan.calls,
            "questions": plan.questions,
            "notes": list(plan.notes),
        },
        ensure_ascii=False,
        indent=2,
    )


def title(step: Step) -> str:
    """The kind and the name of what a step is about, such as `question questions/cost_by_model.sql`."""
    for kind in KINDS:
        if step.kind == kind:
            return f"{kind} {file_of(kind, step.key)}"
    return f"{step.kind} {step.key}"


def _lines_of_changes(found: Iterable[Change]) -> Iterator[str]:
    for change in found:
        texts = [text for text in (change.before, change.after) if isinstance(text, str)]
        if len(texts) == 2 and any("\n" in text for text in texts):
            yield f"    {change.name}:"
            diff = difflib.unified_diff(
                str(change.before).splitlines(), str(change.after).splitlines(), n=1, lineterm=""
            )
            yield from (f"      {line}" for line in list(diff)[2:])
        else:
            yield f"    {change.name}: {_value(change.before)} -> {_value(change.after)}"


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    text = shown(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
