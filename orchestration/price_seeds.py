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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from genai_prices.data import providers
from genai_prices.data_units import unit_data
from genai_prices.types import ModelInfo, ModelPrice, Provider, StartDateConstraint, TieredPrices

from orchestration.price_clauses import Clause, alternatives

SEEDS = Path(__file__).parent.parent / "dbt_project" / "seeds" / "prices"

ALWAYS = date(1970, 1, 1)
MIDNIGHT = time(0)

# Services say in one word how a call was served; the package asks for it under several names.
CONTEXTS = {
    "default": {"service_tier": "default"},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}
# An empty price object says that these cost nothing.
FREE = ModelPrice(input_mtok=Decimal(0), output_mtok=Decimal(0))

# Well-known values of gen_ai.provider.name that the package does not know.
# Source: OpenTelemetry semantic conventions, registry of gen_ai attributes, 1.37 to 1.41.
OPENTELEMETRY_NAMES = {
    "az.ai.inference": "azure",
    "azure.ai.inference": "azure",
    "gcp.gen_ai": "google",
    "x_ai": "x-ai",
}


class PriceRow(NamedTuple):
    """What `per` units of one usage kind cost, in one period, part of the day and size of a call.

    Bounds are half-open, `valid_from <= start < valid_to`; of the size, `above < input tokens <= up_to`.
    An empty upper bound (and lower size) stands for none. `price_context` is how the call was served.
    """

    provider_name: str
    model: str
    price_context: str
    valid_from: date
    valid_to: date | None
    daily_from: time
    daily_to: time | None
    above_input_tokens: int | None
    up_to_input_tokens: int | None
    usage_kind: str
    per: int
    usd: str


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
    """What every model costs, in each context that it has prices of its own for; a free one gives zeros."""
    for provider in providers:
        for model in provider.models:
            for context, asked in CONTEXTS.items():
                if context == "default" or _has_prices_for(model, asked):
                    yield from _rows_of(provider.id, model, context)


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


def _rows_of(provider_id: str, model: ModelInfo, context: str) -> Iterator[PriceRow]:
    """Rows of one model in one context, in order of day, hour, size and kind."""
    days, hours = _changes(model)
    asked = CONTEXTS[context]
    dated = [
        (day, [model.get_prices(datetime.combine(day, hour, UTC), asked) for hour in hours]) for day in days
    ]
    for day, day_end, of_the_day in _periods(dated):
        for hour, hour_end, price in _periods(list(zip(hours, of_the_day, strict=True))):
            stated = _stated(price) or _stated(FREE)
            for above, up_to in _sizes(stated.values()):
                period = (day, day_end, hour, hour_end, above, up_to)
                for kind, (per, price_of_kind) in stated.items():
                    usd = f"{_at_size(price_of_kind, above).normalize():f}"
                    yield PriceRow(provider_id, model.id, context, *period, kind, per, usd)


def _has_prices_for(model: ModelInfo, asked: Mapping[str, str]) -> bool:
    """Whether the model has a price of its own for a call that was served so."""
    return any(
        all(asked.get(key) == value for key, value in variant.when.items())
        for variant in model.price_variants or ()
    )


def _changes(model: ModelInfo) -> tuple[list[date], list[time]]:
    """Days and times of day (UTC) at which the model's price can change, the first of each included."""
    days, hours = {ALWAYS}, {MIDNIGHT}
    conditional = model.prices if isinstance(model.prices, list) else []
    for constraint in [each.constraint for each in (*conditional, *(model.price_variants or ()))]:
        if isinstance(constraint, StartDateConstraint):
            days.add(constraint.start_date)
        elif constraint is not None:
            hours |= {_in_utc(constraint.start_time), _in_utc(constraint.end_time)}
    return sorted(days), sorted(hours)


def _in_utc(hour: time) -> time:
    """A time of day in UTC, as which one without a zone is taken."""
    return hour if hour.tzinfo is None else datetime.combine(ALWAYS, hour).astimezone(UTC).time()


def _periods(values: Sequence[tuple[Any, Any]]) -> Iterator[tuple[Any, Any, Any]]:
    """(start, end, value) out of (start, value), equal neighbours joined; the last has no end."""
    joined = [next(group) for _, group in groupby(values, key=itemgetter(1))]
    ends = [*(start for start, _ in joined[1:]), None]
    yield from ((start, end, value) for (start, value), end in zip(joined, ends, strict=True))


def _stated(price: ModelPrice) -> dict[str, tuple[int, Decimal | TieredPrices]]:
    """Usage kind to (units per price, price), in the order of the package's list of units."""
    return {
        kind: (unit["per"], value)
        for kind, unit in unit_data.items()
        if (value := getattr(price, unit["price_key"])) is not None
    }


def _sizes(stated: Iterable[tuple[int, Decimal | TieredPrices]]) -> Iterator[tuple[int | None, int | None]]:
    """Bounds of input tokens between which no price of the model changes."""
    starts = sorted(
        {tier.start for _, price in stated if isinstance(price, TieredPrices) for tier in price.tiers}
    )
    yield from zip([None, *starts], [*starts, None], strict=True)


def _at_size(price: Decimal | TieredPrices, above: int | None) -> Decimal:
    """The price of a call with more input tokens than `above`; a threshold changes it for the whole call."""
    if isinstance(price, Decimal):
        return price
    reached = [tier.price for tier in price.tiers if above is not None and tier.start <= above]
    return reached[-1] if reached else price.base


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
