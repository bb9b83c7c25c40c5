"""The page of an incident: what it shows of a demo, and that nothing in it is obeyed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.postmortem_page import Link, Section, Table, as_html, as_markdown
from tests.running import Home

EVIL = "<script>alert(1)</script>"


def test_html_shows_markup_and_follows_only_addresses_of_the_web_or_of_the_docs() -> None:
    at = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)
    rows = [
        [EVIL, at, 1234, None],
        [Link("<b>", "javascript:alert(1)"), Link("trace", 'https://traces.example/"><script>'), "", ""],
        [Link("trace", "https://traces.example/t?a=1&b=2"), Link("doc", "docs/runbooks.md#sampling"), "", ""],
    ]  # fmt: skip
    page = as_html(EVIL, [Section(EVIL, [EVIL], Table([EVIL, "b", "c", "d"], rows, more=3))])
    assert "<script" not in page
    assert "javascript:" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 6
    assert "<td>2026-10-20 09:30:00 UTC</td><td>1,234</td><td>-</td>" in page
    assert '<a href="https://traces.example/t?a=1&amp;b=2" rel="noreferrer">trace</a>' in page
    assert '<a href="docs/runbooks.md#sampling" rel="noreferrer">doc</a>' in page
    assert page.count("<a ") == 2
    assert "3 more were left out." in page


def test_markdown_keeps_a_cell_in_its_cell_and_makes_no_markup_of_it() -> None:
    cell = "a|b\n| c | <i> [x](https://y.example) `d` *e* \u202e http://auto.example"
    page = as_markdown(
        "t", [Section("s", [], Table(["one", "two"], [[cell, Link("l", "https://z.example/q")]]))]
    )
    row = page.splitlines()[-1]
    assert row == (
        r"| a\|b \| c \| &lt;i\> \[x\]\(https\:\/\/y\.example\) \`d\` \*e\*   http\:\/\/auto\.example "
        "| [l](<https://z.example/q>) |"
    )


@pytest.mark.xdist_group("sample")
def test_the_demo_tells_of_its_incident_who_was_told_and_how_services_sampled(
    demo: Home, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    outcome = demo.run("orchestration", "postmortem", "--incident", "inc-204", "--output", str(page))
    assert outcome.code == 0, outcome.err
    told = page.read_text()
    # The story in ingest/sample/platform.toml: from 20:00 to 08:00 of the next day.
    assert r"| opened | 2026\-10\-15 20\:00\:00 UTC |" in told
    assert r"| lasted | 12\:00\:00 |" in told
    # lead-scout-api keeps one trace in four.
    lead_scout = next(line for line in told.splitlines() if line.startswith(r"| lead\-scout\-api "))
    assert r" 0\.25 " in lead_scout
    assert r"exceptions of sampling\_below\_floor" in told
    assert r"governance\.policy\.decided" in told
    assert r"entries, sound\." in told
    assert "| sequence | leaf | inclusion proof |" in told

    again = demo.run("orchestration", "postmortem", "--incident", "inc-204", "--output", str(page))
    assert (again.code, "name a new file" in again.err) == (2, True)
    unknown = demo.run("orchestration", "postmortem", "--incident", "x", "--output", str(tmp_path / "x.html"))
    assert (unknown.code, "'inc-204'" in unknown.err) == (2, True)
