"""The command for CI, asked of the sample month: contract-summarizer got worse in 2026.10, others did not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.running import Home, Outcome

pytestmark = pytest.mark.xdist_group("sample")

OLD, NEW = "release_train=2026.09", "release_train=2026.10"


def compare(home: Home, *arguments: str, baseline: str = OLD, candidate: str = NEW) -> Outcome:
    return home.run("orchestration.compare", "--baseline", baseline, "--candidate", candidate, *arguments)


def test_the_planted_regression_of_the_sample_ends_in_one(demo: Home) -> None:
    done = compare(demo, "--agent", "contract-summarizer", "--dataset", "production-sample")
    assert done.code == 1, done.err
    assert "release_train=2026.10 against release_train=2026.09, release r0000" in done.out
    assert done.out.splitlines()[-1].startswith("regress: release_train=2026.10 against")


def test_an_agent_that_stayed_as_it_was_passes_by_its_scores(demo: Home) -> None:
    chosen = (
        "--agent",
        "invoice-classifier",
        "--dataset",
        "production-sample",
        "--evaluator",
        "faithfulness",
    )
    done = compare(demo, *chosen, "--format", "json", baseline="2026.09", candidate="2026.10")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    (row,) = told["comparisons"]
    assert (told["verdict"], told["exit_code"], row["verdict"]) == ("pass", 0, "pass")
    assert row["quality_low"] > -row["tolerated_loss"]


def test_six_items_decide_nothing(demo: Home, tmp_path: Path) -> None:
    file = tmp_path / "comparison.md"
    done = compare(
        demo,
        *("--agent", "contract-summarizer", "--dataset", "golden-v3", "--evaluator", "faithfulness"),
        *("--format", "markdown", "--output", str(file)),
    )
    assert done.code == 2, done.err
    assert done.out == "inconclusive: release_train=2026.10 against release_train=2026.09: 1 inconclusive.\n"
    assert "| inconclusive | contract-summarizer | golden-v3 | faithfulness |" in file.read_text()
    assert "fewer than 20 items on a side" in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--candidate", "2027.01"), "No comparison of 2027.01 with release_train=2026.09 is published; the"),
        (("--agent", "nobody"), "No two variants were evaluated on one dataset there."),
        (("--output", "/nowhere/at/all.md"), "/nowhere/at/all.md cannot be written"),
        (("--format", "xml"), "invalid choice: 'xml'"),
        (("--candidate", "2026.09", "--baseline", "2026.09"), "are both 2026.09"),
        (("--candidate", "\x1b[31m2027"), "No comparison of \ufffd[31m2027 with"),
        (("--agent", "\udcff"), "tracehouse: "),
        (("--output", "/dev/full"), "/dev/full cannot be written: No space left on device"),
    ],
)
def test_what_was_not_compared_ends_in_three(demo: Home, arguments: tuple[str, ...], sentence: str) -> None:
    done = compare(demo, *arguments)
    assert done.code == 3
    assert sentence in done.err
    assert done.out == ""


def test_before_the_first_release_it_says_what_to_run(tmp_path: Path) -> None:
    done = compare(Home(tmp_path))
    assert (done.code, "run `make run` first" in done.err) == (3, True)


def test_the_other_spelling_of_the_command_is_the_same(demo: Home) -> None:
    done = demo.run("orchestration", "compare", "--baseline", OLD, "--candidate", "2027.01")
    assert (done.code, "2027.01" in done.err) == (3, True)


def test_a_terminal_without_arrows_gets_an_answer_all_the_same(demo: Home) -> None:
    chosen = ("--agent", "contract-summarizer", "--dataset", "production-sample")
    done = demo.run(
        "orchestration.compare", "--baseline", OLD, "--candidate", NEW, *chosen, PYTHONIOENCODING="ascii"
    )
    assert done.code == 1, done.err
    assert " ? " in done.out


def test_a_database_that_cannot_be_read_is_no_verdict(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.serving.parent.mkdir(parents=True)
    home.serving.write_text("no database")
    done = compare(home)
    assert done.code == 3
    assert done.err.startswith("tracehouse: ")


def test_several_agents_are_told_that_each_has_its_own_five_percent(demo: Home) -> None:
    assert "The 95 % are each of the 5 agents' own." in compare(demo).out.splitlines()[-1]
