"""Any order and any split of the input give the same marts, whatever the late part changes in the early."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import Home
from tests.warehouse.building import SECOND, Event, Point, Span, build, land

# One worker builds the warehouses that all of these compare.
pytestmark = pytest.mark.xdist_group("order")

MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
# 2026-10-01T00:00:00Z
MONTH = 1_790_812_800 * SECOND
NOON = MONTH + DAY // 2

COMPARED = {
    "int_spans": "intermediate.int_spans",
    "int_llm_calls": "intermediate.int_llm_calls",
    "int_tool_calls": "intermediate.int_tool_calls",
    "int_tiered_calls": "intermediate.int_tiered_calls",
    "int_governed_calls": "intermediate.int_governed_calls",
    "int_agent_days": "intermediate.int_agent_days",
    "token_usage_daily": "marts.token_usage_daily",
    "token_reconciliation_daily": "marts.token_reconciliation_daily",
    "latency_daily": "marts.latency_daily",
    "latency_histogram_daily": "marts.latency_histogram_daily",
    "agent_steps_daily": "marts.agent_steps_daily",
    "deployments": "marts.deployments",
    "attribute_coverage_daily": "marts.attribute_coverage_daily",
}


def call(
    trace: int,
    number: int,
    started_at: int,
    tokens: int,
    response: str = "",
    *,
    parent: int | None = None,
    seconds: int | None = 1,
) -> Span:
    """A call of a model with `tokens` of input. `seconds` null: it was never seen to end."""
    attributes: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": tokens,
        "gen_ai.usage.output_tokens": 0,
    }
    ended_at = None if seconds is None else started_at + seconds * SECOND
    return Span(
        trace,
        number,
        started_at,
        ended_at,
        attributes | ({"gen_ai.response.id": response} if response else {}),
        parent,
    )


def agent(trace: int, number: int, started_at: int, tokens: int | None = None) -> Span:
    """The span of an agent run; `tokens` is what it repeats of its calls."""
    attributes: dict[str, str | int] = {
        "gen_ai.operation.name": "invoke_agent",
        # Of the registry, so that what it lacks is told.
        "gen_ai.agent.name": "support-triage",
        "tenant.id": "acme",
    }
    usage: dict[str, str | int] = {} if tokens is None else {"gen_ai.usage.input_tokens": tokens}
    return Span(trace, number, started_at, started_at + MINUTE, attributes | usage)


def request(model: str, occurred_at: int, tokens: int) -> Event:
    """A log event that tells of one call with `tokens` of input."""
    return Event("api_request", occurred_at, {"model": model, "input_tokens": tokens, "output_tokens": 0})


def counter(model: str, at: int, value: int, *, started_at: int = NOON) -> Point:
    """A point of the running total of a model's input tokens."""
    return Point("claude_code.token.usage", started_at, at, value, {"model": model, "type": "input"})


# A client made three calls; a proxy saw each in a trace of its own, and its copy of the second ends later.
CLIENT = [
    call(1, 11, NOON, 1, "r1"),
    call(1, 12, NOON + 1, 2, "r2"),
    call(1, 13, NOON + 2, 4, "r3"),
]
PROXY_OF_FIRST = [call(2, 21, NOON, 1, "r1")]
PROXY_OF_OTHERS = [call(3, 31, NOON, 2, "r2", seconds=5), call(4, 41, NOON, 4, "r3")]
# A roll-up that counts until the call below it is there, which starts after midnight.
ROLL_UP = [agent(5, 51, MONTH + DAY - 1, 8)]
CALL_OF_ROLL_UP = [call(5, 52, MONTH + DAY + 1, 8, parent=51)]
# A copy without an end, and the whole one, whose clock was corrected to the next day.
PARTIAL = [call(6, 61, MONTH + DAY - 1, 16, seconds=None)]
COMPLETE = [call(6, 61, MONTH + DAY + 1, 16)]
# A long run: its agent began days before the call, on a day of which nothing is late. A proxy saw the call
# across midnight.
LONG_RUN = [agent(7, 71, NOON + 10 * DAY), call(7, 72, MONTH + 14 * DAY - 1, 32, "r7", parent=71)]
PROXY_OF_LONG_RUN = [call(8, 81, MONTH + 14 * DAY + 1, 32, "r7", seconds=0)]
# A copy that ends later takes back the response id, and with it the other trace's reason not to count.
BEFORE = [call(9, 91, NOON, 64, "r9", seconds=3), call(10, 101, NOON, 64, "r9")]
AFTER = [call(9, 91, NOON, 128, "r9-corrected", seconds=4)]
# A span with a response loses its place to the call below it, so that the other trace's copy counts.
OUTER = [call(11, 111, NOON, 256, "r11", seconds=9), call(12, 121, NOON, 256, "r11")]
INNER = [call(11, 112, NOON, 512, parent=111)]
# The same record twice.
RESENT = [call(13, 131, NOON, 1024)]

# A tool's span before midnight, the connector's inside it after; then something else on the first day.
TOOL = [
    Span(14, 141, MONTH + 3 * DAY - 1, MONTH + 3 * DAY + SECOND, {"gen_ai.operation.name": "execute_tool"}),
    Span(14, 142, MONTH + 3 * DAY + 1, MONTH + 3 * DAY + SECOND, {"connector.name": "crm"}, 141),
]
UNRELATED = [call(15, 151, MONTH + 3 * DAY - MINUTE, 2048)]

# A node before the span above it and the node before it are there; a review whose second span ends later.
GRAPH = [
    Span(
        16,
        162,
        NOON + 4 * DAY,
        NOON + 4 * DAY + SECOND,
        {"graph.node.id": "b", "graph.node.parent_id": "a"},
        161,
    ),
    Span(17, 171, MONTH + 6 * DAY - 1, MONTH + 6 * DAY, {"review.id": "rv", "review.outcome": "approved"}),
]
REST_OF_GRAPH = [
    Span(16, 161, MONTH + 4 * DAY - 1, NOON + 4 * DAY + MINUTE, {"graph.node.id": "a"}),
    Span(
        18,
        181,
        MONTH + 6 * DAY + 1,
        MONTH + 6 * DAY + SECOND,
        {"review.id": "rv", "review.outcome": "rejected"},
    ),
]

# A running total over days, told again at each export. What came late lies between and after it; on the
# fourth day the counter had begun anew.
TOTAL = [counter("counted", NOON + 1, 10), counter("counted", NOON + 2 * DAY, 70)]
TOTAL_BETWEEN = [
    counter("counted", NOON + 2, 10),
    counter("counted", NOON + DAY, 25),
    counter("counted", NOON + 3 * DAY, 5, started_at=NOON + 3 * DAY - MINUTE),
    counter("counted", NOON + 6 * DAY, 9, started_at=NOON + 3 * DAY - MINUTE),
]
# Metrics count until the events of the same calls are there, and events until their spans are.
METERED: list[Event | Point] = [counter("told twice", NOON + 1, 500), request("told thrice", NOON, 300)]
EVENTS = [request("told twice", NOON, 500), request("told twice", NOON, 500)]
SPANS_OF_EVENTS = [
    Span(19, 191, NOON, NOON + 1, {"span.type": "llm_request", "model": "told thrice", "input_tokens": 300})
]

EARLY: list[Span | Event | Point] = [
    *CLIENT,
    *PROXY_OF_OTHERS,
    *ROLL_UP,
    *PARTIAL,
    *LONG_RUN,
    *BEFORE,
    *OUTER,
    *RESENT,
    *TOOL,
    *GRAPH,
    *TOTAL,
    *METERED,
]
LATE: list[Span | Event | Point] = [
    *PROXY_OF_FIRST,
    *CALL_OF_ROLL_UP,
    *COMPLETE,
    *PROXY_OF_LONG_RUN,
    *AFTER,
    *INNER,
    *RESENT,
    *UNRELATED,
    *REST_OF_GRAPH,
    *TOTAL_BETWEEN,
    *EVENTS,
    *SPANS_OF_EVENTS,
]
ORDERS = {
    "at once": [EARLY + LATE],
    "early first": [EARLY, LATE],
    "late first": [LATE, EARLY],
}

Tables = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tables]:
    """The compared tables for each order of loading, built after every load."""
    found = {}
    for order, loads in ORDERS.items():
        home = Home(tmp_path_factory.mktemp("order"))
        for number, spans in enumerate(loads):
            land(home, f"{number}.jsonl", spans)
            build(home, *(f"+{name}" for name in COMPARED))
        found[order] = {name: _rows(home, table) for name, table in COMPARED.items()}
    return found


def _rows(home: Home, table: str) -> list[tuple[Any, ...]]:
    """Every row, in an order of its own. A load's number is no part of the content."""
    content = "columns(lambda name: name not like '%load_id')"
    return home.in_lake(f"select {content} from lake.{table} order by all")


@pytest.mark.parametrize("order", ["early first", "late first"])
@pytest.mark.parametrize("table", COMPARED)
def test_loading_in_two_parts_gives_what_loading_at_once_gives(
    warehouses: dict[str, Tables], order: str, table: str
) -> None:
    assert warehouses[order][table] == warehouses["at once"][table]


def test_every_token_served_counts_once(warehouses: dict[str, Tables]) -> None:
    calls = {(row[1], row[2]) for row in warehouses["at once"]["int_llm_calls"] if row[1]}
    assert {(int(trace, 16), int(span, 16)) for trace, span in calls if int(trace, 16) > 4} == {
        (5, 52),
        (6, 61),
        (7, 72),
        (9, 91),
        (10, 101),
        (11, 112),
        (12, 121),
        (13, 131),
        (15, 151),
        (19, 191),
    }
    # Three responses that client and proxy saw both, whichever copy stands for each.
    assert len(calls) == 10 + 3


@pytest.mark.parametrize("order", ORDERS)
def test_a_tool_and_its_connector_are_one_action_across_midnight(
    warehouses: dict[str, Tables], order: str
) -> None:
    assert [row[2] for row in warehouses[order]["int_tool_calls"]] == [f"{142:016x}"]


@pytest.mark.parametrize("order", ORDERS)
def test_a_late_parent_and_a_late_review_change_the_steps_of_their_days(
    warehouses: dict[str, Tables], order: str
) -> None:
    steps = [
        (row[3], row[4], row[9], row[14])
        for row in warehouses[order]["agent_steps_daily"]
        if row[3] != "tool"
    ]
    # Kind, name, orphans, rejections: one review, on the day of the span that ended last.
    assert steps == [("node", "a", 0, 0), ("node", "b", 0, 0), ("review", "work", 0, 1)]


@pytest.mark.parametrize("order", ORDERS)
def test_what_logs_and_metrics_tell_counts_once_on_its_day(warehouses: dict[str, Tables], order: str) -> None:
    counted = {
        (row[2], row[0].day): (row[3], row[4])
        for row in warehouses[order]["token_reconciliation_daily"]
        if row[2] in {"counted", "told twice", "told thrice"}
    }
    assert counted == {
        ("counted", 1): ("claude_code_metrics", 10),
        ("counted", 2): ("claude_code_metrics", 15),
        ("counted", 3): ("claude_code_metrics", 45),
        ("counted", 4): ("claude_code_metrics", 5),
        ("counted", 7): ("claude_code_metrics", 4),
        ("told twice", 1): ("claude_code_events", 500),
        ("told thrice", 1): ("spans", 300),
    }
