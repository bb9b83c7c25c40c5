"""Charges of a few calls, worked out by hand from published prices."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ingest import lake
from tests.running import Home
from tests.warehouse.building import SECOND, Span, dbt, land

pytestmark = pytest.mark.xdist_group("focus")

# 2026-10-01 00:00 UTC.
OCTOBER = 1_790_812_800 * SECOND
DAY = 86_400 * SECOND


def call(number: int, at: int, tenant: str, model: str, **usage: int | str) -> Span:
    attributes: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "inhouse" if model == "tenor-7b" else "openai",
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "tenant.id": tenant,
    }
    names = {
        "read": "gen_ai.usage.input_tokens",
        "cached": "gen_ai.usage.cache_read.input_tokens",
        "written": "gen_ai.usage.output_tokens",
        "kept": "sampling.probability",
        "heard": "gen_ai.usage.details.input_audio_tokens",
        "served": "openai.response.service_tier",
    }
    attributes |= {names[name]: value for name, value in usage.items()}
    return Span(number, number, at, at + SECOND // 2, attributes)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Calls to gpt-4o-mini, which costs $0.15 a million tokens read, $0.075 from a cache, $0.60 written;
    acme agreed on $0.10 for what it reads from October 2 on. Served as a batch a million read cost $0.15,
    and $0.075 from October 14 on. A million tokens that gpt-audio reads cost $2.50, and $32 if they are
    audio. Nobody knows what tenor-7b costs."""
    home = Home(tmp_path_factory.mktemp("focus"))
    land(
        home,
        "calls.jsonl",
        [
            call(1, OCTOBER + DAY, "acme", "gpt-4o-mini", read=1_000_000, cached=200_000, written=100_000),
            call(2, OCTOBER + DAY - SECOND, "acme", "gpt-4o-mini", read=10_000),
            call(3, OCTOBER, "rival", "gpt-4o-mini", read=1_000, written=100, kept="0.25"),
            call(4, OCTOBER, "rival", "tenor-7b", read=500, written=50),
            call(5, OCTOBER + 12 * DAY, "rival", "gpt-4o-mini", read=10_000, served="batch"),
            call(6, OCTOBER + 13 * DAY, "rival", "gpt-4o-mini", read=10_000, served="batch"),
            call(7, OCTOBER + 12 * DAY, "rival", "gpt-audio", read=1_000, heard=400),
        ],
        service="api",
    )
    dbt(home, "seed")
    with lake.connect(home.settings) as connection:
        connection.execute(
            "insert into lake.seeds.contract_prices "
            "values ('acme', 'openai', 'gpt-4o-mini', 'uncached_input', 0.10, '2026-10-02', null)"
        )
    dbt(home, "run", "--select", "+focus_charges_daily")
    return home


def test_charges_are_tokens_at_the_agreed_price_beside_the_listed_one(home: Home) -> None:
    charges = home.in_lake(
        "select cast(ChargePeriodStart as date)::varchar, SubAccountId, SkuMeter, ConsumedQuantity, "
        "ListCost, BilledCost from lake.marts.focus_charges_daily order by all"
    )
    assert charges == [
        (day, tenant, meter, *map(Decimal, numbers))
        for day, tenant, meter, *numbers in [
            # One call in four was kept: 4,000 and 400 tokens.
            ("2026-10-01", "acme", "Uncached Input Tokens", 10_000, "0.0015", "0.0015"),
            ("2026-10-01", "rival", "Uncached Input Tokens", 4_000, "0.0006", "0.0006"),
            ("2026-10-01", "rival", "Visible Output Tokens", 400, "0.00024", "0.00024"),
            ("2026-10-02", "acme", "Cache Read Tokens", 200_000, "0.015", "0.015"),
            ("2026-10-02", "acme", "Uncached Input Tokens", 800_000, "0.12", "0.08"),
            ("2026-10-02", "acme", "Visible Output Tokens", 100_000, "0.06", "0.06"),
            ("2026-10-13", "rival", "Audio Uncached Input Tokens", 400, "0.0128", "0.0128"),
            ("2026-10-13", "rival", "Uncached Input Tokens", 600, "0.0015", "0.0015"),
            ("2026-10-13", "rival", "Uncached Input Tokens", 10_000, "0.0015", "0.0015"),
            ("2026-10-14", "rival", "Uncached Input Tokens", 10_000, "0.00075", "0.00075"),
        ]
    ]


def test_a_price_has_one_id_on_every_day_and_for_every_tenant(home: Home) -> None:
    prices = home.in_lake(
        "select SkuPriceId, SkuId, SkuPriceDetails, list(distinct ListUnitPrice order by ListUnitPrice), "
        "list(distinct ContractedUnitPrice order by ContractedUnitPrice), count(distinct SubAccountId) "
        "from lake.marts.focus_charges_daily where SkuMeter like '%Input%' group by all order by 1"
    )
    mini, audio = "openai/gpt-4o-mini/uncached_input", "openai/gpt-audio/uncached_input"
    listed, agreed, halved = Decimal("0.00000015"), Decimal("0.0000001"), Decimal("0.000000075")
    assert prices == [
        (mini, mini, None, [listed], [agreed, listed], 2),
        (f"{mini}/batch", mini, '{"x_PriceContext":"batch"}', *[[halved, listed]] * 2, 1),
        (audio, audio, None, *[[Decimal("0.0000025")]] * 2, 1),
        (f"{audio}/audio", f"{audio}/audio", '{"x_TokenDetail":"audio"}', *[[Decimal("0.000032")]] * 2, 1),
    ]


def test_charges_and_unpriced_tokens_are_all_of_token_usage_daily(home: Home) -> None:
    # 1,100,000 + 10,000 + 4,400 tokens cost 0.155 + 0.0015 + 0.00084 dollars, 20,000 of batches and 1,000 of
    # gpt-audio 0.00225 + 0.0143; 550 have no price.
    usage = home.in_lake(
        "select sum(total_tokens), sum(unpriced_tokens), sum(cost_usd) from lake.marts.token_usage_daily"
    )
    charged = home.in_lake(
        "select sum(ConsumedQuantity), sum(BilledCost) from lake.marts.focus_charges_daily"
    )
    assert usage == [(1_135_950, 550, Decimal("0.17389"))]
    assert charged == [(Decimal(1_135_400), Decimal("0.17389"))]
