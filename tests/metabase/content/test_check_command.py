"""`python -m metabase check` as people run it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.running import Home


def test_a_home_without_a_release_is_told_that_its_sql_ran_on_empty_tables(home: Path) -> None:
    outcome = Home(home).run("metabase", "check")

    assert outcome.code == 0, outcome.err
    assert "The SQL was run on empty tables only: nothing has been published to read." in outcome.out


def test_the_demo_month_answers_every_question_and_the_slowest_is_named(demo: Home) -> None:
    outcome = demo.run("metabase", "check", "--timings")

    assert outcome.code == 0, outcome.out
    assert re.search(
        r"^\d+ combinations of parameters ran on the serving folder\.$", outcome.out, re.MULTILINE
    )
    slowest = re.search(r"The slowest question is (\w+): [\d,]+ ms, median of 5 runs\.", outcome.out)
    assert slowest
    first = re.search(r"^  (\w+) +[\d.,]+ ms +[\d,]+ rows$", outcome.out, re.MULTILINE)
    assert first
    assert first.group(1) == slowest.group(1)
