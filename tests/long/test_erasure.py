"""The whole way: land, run, publish and alert; erase; look at every byte below the home."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.loads import Warehouse
from tests.orchestration.erasure.bytes import places_of
from tests.orchestration.erasure.landing import CANARY, land_canary
from tests.running import Home

KEY = {"TRACEHOUSE_HASH_KEY": "k", "TRACEHOUSE_AS_OF": "2026-10-20T00:00:00Z"}


@pytest.mark.long
def test_an_erased_subject_is_nowhere_below_a_home_that_published_it(home: Path) -> None:
    here = Home(home)
    warehouse = Warehouse(here.settings)
    land_canary(warehouse, elsewhere=False)
    first = here.pipeline(**KEY)
    assert first.code in (0, 1), first.err
    # It was in bronze, models, a release and reports, or there would be nothing to show.
    before = places_of(CANARY, home)
    assert {place.split("/")[0] for place in before} >= {"lake", "catalog.sqlite: bytes", "serving"}
    erased = here.run("orchestration", "erase", "--pending", **KEY)
    assert erased.code == first.code, erased.err
    assert "dsr-1: " in erased.out
    assert CANARY not in erased.out
    assert [name in erased.out for name in ("otlp/a.jsonl", "governance/a.jsonl")] == [True, True]
    assert places_of(CANARY, home) == []
    assert here.run("orchestration", "verify-ledger", **KEY).code == 0
    assert here.released("select count(*) from marts.billing_disputes") == [(2,)]
    # What is read again brings nothing back.
    for file in ("otlp/a.jsonl", "governance/a.jsonl", "billing/a.jsonl", "usage/a.jsonl"):
        warehouse.write(file.replace("/", "/again-"), "\n" + (home / "landing" / file).read_text())
    assert here.pipeline(**KEY).code == first.code
    assert places_of(CANARY, home) == []
