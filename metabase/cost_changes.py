"""What repriced history costs now: the difference of cost between two kept releases.

Changed prices rebuild every mart from the beginning, so the release made after a change holds all of
history at the new prices, and those before it hold what was published then. Their files never change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from metabase.errors import UnknownReleaseError
from metabase.serving import Serving

MART = "token_usage_daily"

# Nothing used costs nothing; usage without a known price costs nobody knows what.
_COMPARED = """
with

costs_before as (

    select
        date_trunc('month', usage_date) as month,
        tenant_id,
        provider_name,
        model,
        sum(requests) as requests,
        [
            sum(uncached_input_tokens),
            sum(cache_read_tokens),
            sum(cache_write_tokens),
            sum(visible_output_tokens),
            sum(reasoning_tokens)
        ] as tokens,
        sum(cost_usd) as cost_usd,
        sum(unpriced_requests) as unpriced_requests

    from read_parquet($before, hive_partitioning = false)
    group by all

),

costs_after as (

    select
        date_trunc('month', usage_date) as month,
        tenant_id,
        provider_name,
        model,
        sum(requests) as requests,
        [
            sum(uncached_input_tokens),
            sum(cache_read_tokens),
            sum(cache_write_tokens),
            sum(visible_output_tokens),
            sum(reasoning_tokens)
        ] as tokens,
        sum(cost_usd) as cost_usd,
        sum(unpriced_requests) as unpriced_requests

    from read_parquet($after, hive_partitioning = false)
    group by all

),

compared as (

    select
        month,
        tenant_id,
        provider_name,
        model,
        costs_before.requests is not distinct from costs_after.requests
        and costs_before.tokens is not distinct from costs_after.tokens as is_same_usage,
        case when costs_before.unpriced_requests is null then 0 else costs_before.cost_usd end
            as cost_usd_before,
        case when costs_after.unpriced_requests is null then 0 else costs_after.cost_usd end
            as cost_usd_after,
        coalesce(costs_before.unpriced_requests, 0) as unpriced_requests_before,
        coalesce(costs_after.unpriced_requests, 0) as unpriced_requests_after

    from costs_before
    full outer join costs_after using (month, tenant_id, provider_name, model)

)

select
    cast(month as date) as month,
    tenant_id,
    provider_name,
    model,
    case when is_same_usage then 'price' else 'usage' end as cause,
    cost_usd_before,
    cost_usd_after,
    cost_usd_after - cost_usd_before as difference_usd,
    unpriced_requests_before,
    unpriced_requests_after

from compared
where
    cost_usd_before is distinct from cost_usd_after
    or unpriced_requests_before != unpriced_requests_after
order by month, tenant_id, provider_name, model
"""


@dataclass(frozen=True)
class CostChange:
    """A month of one tenant and model that costs something else in the later release.

    `cause` is `price` where requests and tokens of each class are the same in both, else `usage`: then the
    prices may have changed as well. A cost is null where no price was known, and so is a difference from or
    to it.
    """

    month: date
    tenant_id: str
    provider_name: str
    model: str
    cause: str
    cost_usd_before: Decimal | None
    cost_usd_after: Decimal | None
    difference_usd: Decimal | None
    unpriced_requests_before: float
    unpriced_requests_after: float


def releases_to_compare(serving: Serving, before: str | None, after: str | None) -> tuple[str, str]:
    """The releases asked for; by default the one that readers see, and the kept one before that.

    Raises UnknownReleaseError when one of them is not kept, or has no costs.
    """
    kept = serving.kept()
    after = after or serving.current()
    if after is None:
        raise UnknownReleaseError(f"Nothing has been published to {serving.root} yet.")
    if before is None:
        earlier = [release for release in kept if release < after]
        if not earlier:
            raise UnknownReleaseError(f"No release before {after!r} is kept, so there is nothing to compare.")
        before = earlier[-1]
    for release in (before, after):
        if release not in kept or not _costs(serving, release).exists():
            raise UnknownReleaseError(
                f"There is no release {release!r} with {MART}. Kept: {', '.join(kept)}."
            )
    return before, after


def cost_changes(serving: Serving, before: str, after: str) -> list[CostChange]:
    """Every month, tenant and model whose cost or number of unpriced requests differs, in that order."""
    files = {"before": str(_costs(serving, before)), "after": str(_costs(serving, after))}
    with duckdb.connect() as connection:
        return [CostChange(*row) for row in connection.execute(_COMPARED, files).fetchall()]


def lines_of_changes(changes: Sequence[CostChange], before: str, after: str) -> Iterator[str]:
    """A table for people; the last line adds up what is known."""
    yield f"Cost in US dollars, {before} against {after}"
    if not changes:
        yield "  no difference"
        return
    yield _line("month", "tenant", "model", "before", "after", "difference", "cause")
    for change in changes:
        yield _line(
            f"{change.month:%Y-%m}",
            change.tenant_id,
            f"{change.provider_name}/{change.model}",
            _money(change.cost_usd_before),
            _money(change.cost_usd_after),
            _money(change.difference_usd),
            change.cause,
        )
    known = [change.difference_usd for change in changes if change.difference_usd is not None]
    unknown = len(changes) - len(known)
    more = f", and {unknown:,} that are unknown on one side" if unknown else ""
    yield f"Sum of {len(known):,} differences: {_money(sum(known, Decimal(0)))}{more}"


def json_of_changes(changes: Sequence[CostChange], before: str, after: str) -> Iterator[str]:
    """One JSON object a line; money as text, so that no reader rounds it."""
    for change in changes:
        yield json.dumps({"before": before, "after": after} | asdict(change), default=str)


def _costs(serving: Serving, release: str) -> Path:
    return serving.release(release) / f"{MART}.parquet"


def _money(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:,.6f}"


def _line(month: str, tenant: str, model: str, before: str, after: str, difference: str, cause: str) -> str:
    shown = (_printable(text) for text in (tenant, model))
    return "  {:<9}{:<22}{:<42}{:>18}{:>18}{:>18}  {}".format(month, *shown, before, after, difference, cause)


def _printable(text: str) -> str:
    """Names come from telemetry: nothing in them may steer a terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
