"""Write the price seeds from the `genai-prices` package: `python -m orchestration.price_seeds [folder]`.

Three CSV files in `dbt_project/seeds/prices`: what a model costs (`model_prices`), and how the name of a
provider (`price_providers`) and of a model (`price_models`) find it. They are committed; run this again
after the pin of `genai-prices` moved, and read the difference before it is merged.

The package decides by code which price is in force. Here its answer is asked for once per day, hour and
size at which it can change, so that the rows of a model never overlap and SQL picks exactly one.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, Provider, StartDateConstraint, TieredPrices

from orchestration.price_clauses import Clause, alternatives

SEEDS = Path(__file__).parent.parent / "dbt_project" / "seeds" / "prices"

ALWAYS = date(1970, 1, 1)
MIDNIGHT = time(0)
# Some prices of the package carry the noise of a float (0.18000000000000002).
MTOK_PLACES = Decimal("0.000000001")

# A class of tokens is charged by the first of these kinds that has a price.
KINDS = {
    "uncached_input_usd_per_mtok": ("input_mtok",),
    "cache_read_usd_per_mtok": ("cache_read_mtok", "input_mtok"),
    "cache_write_usd_per_mtok": ("cache_write_mtok", "input_mtok"),
    "visible_output_usd_per_mtok": ("output_mtok",),
    "reasoning_usd_per_mtok": ("output_reasoning_mtok", "output_mtok"),
    "usd_per_thousand_requests": ("requests_kcount",),
}
# Telemetry says how many of these a call used; of pictures, sounds and searches it does not.
MEASURED = ("input_mtok", "output_mtok", "requests_kcount")

# Well-known values of gen_ai.provider.name that the package does not know.
# Source: OpenTelemetry semantic conventions, registry of gen_ai attributes, 1.37 to 1.41.
OPENTELEMETRY_NAMES = {
    "az.ai.inference": "azure",
    "azure.ai.inference": "azure",
    "gcp.gen_ai": "google",
    "x_ai": "x-ai",
}


class PriceRow(NamedTuple):
    """What a model costs from one day to another, in one part of the day, for calls of one size.

    Bounds are half-open, `valid_from <= start < valid_to`; of the size, `above < input tokens <= up_to`.
    An empty upper bound (and lower size) stands for none.
    """

    provider_name: str
    model: str
    valid_from: date
    valid_to: date | None
    daily_from: time
    daily_to: time | None
    above_input_tokens: int | None
    up_to_input_tokens: int | None
    uncached_input_usd_per_mtok: str
    cache_read_usd_per_mtok: str
    cache_write_usd_per_mtok: str
    visible_output_usd_per_mtok: str
    reasoning_usd_per_mtok: str
    usd_per_thousand_requests: str


class ProviderRow(NamedTuple):
    """One condition under which a provider is meant, by its own name or by the name of a model.

    The provider with the lowest `rank` wins whose conditions of one `alternative` all hold.
    """

    subject: str
    rank: int
    provider_name: str
    alternative: int
    operator: str
    operand: str


class ModelRow(NamedTuple):
    """One condition under which a provider's model is meant; see ProviderRow.

    `price_provider_name` differs where a provider sells the models of another at the other's price.
    """

    provider_name: str
    rank: int
    price_provider_name: str
    price_model: str
    alternative: int
    operator: str
    operand: str


def price_rows() -> Iterator[PriceRow]:
    """What every model costs. A model without measurable prices gives no row, a free one gives zeros."""
    for provider in providers:
        for model in provider.models:
            yield from _rows_of(provider.id, model)


def provider_rows() -> Iterator[ProviderRow]:
    """How a provider is found: its id, then names that stand for it, then the names of its models."""
    rank = 0
    for provider in providers:
        rank += 1
        yield ProviderRow("provider", rank, provider.id, 1, "equals", provider.id)
    for name, provider_id in OPENTELEMETRY_NAMES.items():
        rank += 1
        yield ProviderRow("provider", rank, provider_id, 1, "equals", name)
    for subject, clause_of in (("provider", "provider_match"), ("model", "model_match")):
        for provider in providers:
            rank += 1
            for number, clause in _numbered(getattr(provider, clause_of)):
                yield ProviderRow(subject, rank, provider.id, number, *clause)


def model_rows() -> Iterator[ModelRow]:
    """How a provider's model is found, its own models before those that it sells for others."""
    by_id = {provider.id: provider for provider in providers}
    for provider in providers:
        sold = [provider, *(by_id[other] for other in provider.fallback_model_providers or ())]
        for rank, (owner, model) in enumerate(_models(sold), start=1):
            for number, clause in _numbered(model.match):
                yield ModelRow(provider.id, rank, owner.id, model.id, number, *clause)


def write_price_seeds(folder: Path) -> dict[str, int]:
    """Write the three seeds, each beside its target and renamed; rows by name of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "model_prices.csv": _write(folder / "model_prices.csv", PriceRow._fields, price_rows()),
        "price_providers.csv": _write(folder / "price_providers.csv", ProviderRow._fields, provider_rows()),
        "price_models.csv": _write(folder / "price_models.csv", ModelRow._fields, model_rows()),
    }


def _rows_of(provider_id: str, model: ModelInfo) -> Iterator[PriceRow]:
    """Rows of one model, in order of day, hour and size."""
    days, hours = _changes(model)
    dated = [(day, [model.get_prices(datetime.combine(day, hour, UTC)) for hour in hours]) for day in days]
    for day, day_end, of_the_day in _periods(dated):
        for hour, hour_end, price in _periods(list(zip(hours, of_the_day, strict=True))):
            if not _is_measured(price):
                continue
            for above, up_to in _sizes(price):
                charged = (_charged(price, kinds, above) for kinds in KINDS.values())
                yield PriceRow(provider_id, model.id, day, day_end, hour, hour_end, above, up_to, *charged)


def _changes(model: ModelInfo) -> tuple[list[date], list[time]]:
    """Days and times of day (UTC) at which the model's price can change, the first of each included."""
    days, hours = {ALWAYS}, {MIDNIGHT}
    for conditional in model.prices if isinstance(model.prices, list) else ():
        constraint = conditional.constraint
        if isinstance(constraint, StartDateConstraint):
            days.add(constraint.start_date)
        elif constraint is not None:
            hours |= {constraint.start_time.replace(tzinfo=None), constraint.end_time.replace(tzinfo=None)}
    return sorted(days), sorted(hours)


def _periods(values: Sequence[tuple[Any, Any]]) -> Iterator[tuple[Any, Any, Any]]:
    """(start, end, value) out of (start, value), equal neighbours joined; the last has no end."""
    joined = [next(group) for _, group in groupby(values, key=itemgetter(1))]
    ends = [*(start for start, _ in joined[1:]), None]
    yield from ((start, end, value) for (start, value), end in zip(joined, ends, strict=True))


def _is_measured(price: ModelPrice) -> bool:
    """Whether telemetry carries what the price charges for. An empty price is free."""
    stated = [kind for kind, value in vars(price).items() if value is not None]
    return not stated or any(kind in MEASURED for kind in stated)


def _sizes(price: ModelPrice) -> Iterator[tuple[int | None, int | None]]:
    """Bounds of input tokens between which no price of the model changes."""
    tiered = [value for value in vars(price).values() if isinstance(value, TieredPrices)]
    starts = sorted({tier.start for value in tiered for tier in value.tiers})
    yield from zip([None, *starts], [*starts, None], strict=True)


def _charged(price: ModelPrice, kinds: Iterable[str], above: int | None) -> str:
    """The first stated price of `kinds` for calls above that many input tokens; nothing stated is free."""
    stated = next((value for kind in kinds if (value := getattr(price, kind)) is not None), Decimal(0))
    if isinstance(stated, TieredPrices):
        reached = [tier.price for tier in stated.tiers if above is not None and tier.start <= above]
        stated = reached[-1] if reached else stated.base
    return f"{stated.quantize(MTOK_PLACES).normalize():f}"


def _models(sellers: Iterable[Provider]) -> Iterator[tuple[Provider, ModelInfo]]:
    return ((provider, model) for provider in sellers for model in provider.models)


def _numbered(match: Any) -> Iterator[tuple[int, Clause]]:
    """Every condition of a match, with the number of its alternative; none for no match."""
    for number, clauses in enumerate(alternatives(match) if match else (), start=1):
        for clause in clauses:
            yield number, clause


def _write(target: Path, header: Sequence[str], rows: Iterable[NamedTuple]) -> int:
    partial = target.with_suffix(".part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        count = 0
        for row in rows:
            writer.writerow(row)
            count += 1
    partial.replace(target)
    return count


def main(arguments: Sequence[str]) -> int:
    """Write the seeds to the folder given, else where dbt reads them."""
    folder = Path(arguments[0]) if arguments else SEEDS
    for name, rows in write_price_seeds(folder).items():
        print(f"{folder / name}: {rows:,} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
