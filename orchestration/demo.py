"""`make demo`: a month of a believable platform, one pipeline run, and what the marts say about it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import duckdb

from ingest.errors import SettingsError
from ingest.sample import END, write_month
from ingest.settings import Settings, read_settings
from metabase.content.commands import report
from orchestration.launch import run_pipeline, written_or_told

# Per mart one question worth asking of the month, over released marts only.
FINDINGS = Path(__file__).with_name("findings")
MARK = ".sample-month"
UNFINISHED = "unfinished"


def demo(settings: Settings, *, size: int) -> int:
    """Write the sample month into an empty home (or keep the one there), run, print each mart.

    Raises SettingsError when the landing folder holds anything that the sample did not write.
    """
    started = time.monotonic()
    with written_or_told(settings.home):
        write_sample(settings, size=size)
    settings = read_settings(os.environ)
    code = run_pipeline(settings)
    print(describe(Path(settings.serving) / "tracehouse.duckdb"))
    print()
    report(settings, None, today=END.date())
    data_docs = max((settings.home / "data_docs").glob("*/index.html"), default="no Data Docs yet")
    print(
        f"{time.monotonic() - started:.0f} s in all. {NEXT.format(home=settings.home, data_docs=data_docs)}"
    )
    return code


def write_sample(settings: Settings, *, size: int) -> None:
    """Fill the landing folder with the sample month and pin its end as the as-of instant.

    A hidden file lists what was written, so that a second demo knows its own files from yours and
    one that was interrupted is written again.
    """
    landing = settings.landing
    mark = landing / MARK
    ours = mark.read_text().splitlines() if mark.exists() else []
    others = sorted(_files(landing) - set(ours))
    if others and ours != [UNFINISHED]:
        raise SettingsError(
            f"{landing} holds files that are not the sample month, {others[0]} for one; `make demo` would "
            "mix invented data with yours. Set TRACEHOUSE_HOME to an empty folder, or use `make run`."
        )
    if ours and ours != [UNFINISHED]:
        return
    print(f"Writing the sample month to {landing}", file=sys.stderr)
    landing.mkdir(parents=True, exist_ok=True)
    mark.write_text(UNFINISHED)
    written = write_month(landing, size=size)
    settings.as_of_file.write_text(f"{END.isoformat()}\n")
    mark.write_text("\n".join(sorted(_files(landing))) + "\n")
    print(
        f"  {written.files} files: {written.spans:,} spans, {written.log_records:,} log records, "
        f"{written.metric_points:,} metric points, {written.cloud_events:,} events, "
        f"{written.usage_snapshots:,} usage snapshots; {written.malformed_records} malformed on purpose",
        file=sys.stderr,
    )


def _files(landing: Path) -> set[str]:
    return {
        file.relative_to(landing).as_posix()
        for file in landing.rglob("*")
        if file.is_file() and file.name != MARK
    }


NEXT = """Where to look next:
  make ui                                   the asset graph, checks, schedules, run history
  duckdb -readonly {home}/serving/tracehouse.duckdb "from marts.token_usage_daily limit 10"
  {data_docs}   what the gate checked
  docs/add_a_mart.md                        a mart of your own in five minutes"""


def describe(serving: Path) -> str:
    """Rows and one finding for every released mart."""
    lines = []
    with duckdb.connect(str(serving), read_only=True) as connection:
        marts = [
            name
            for (name,) in connection.execute(
                "select view_name from duckdb_views() where schema_name = 'marts' order by 1"
            ).fetchall()
        ]
        width = max(map(len, marts))
        for mart in marts:
            rows = connection.sql(f'from marts."{mart}"').count("*").fetchall()[0][0]
            lines.append(f"{mart:<{width}}  {rows:>9,} rows  {finding(connection, mart)}".rstrip())
    return "\n".join(lines)


def finding(connection: duckdb.DuckDBPyConnection, mart: str) -> str:
    """The sentence that `findings/<mart>.sql` gives; empty for a mart without one."""
    file = FINDINGS / f"{mart}.sql"
    if not file.exists():
        return ""
    row = connection.execute(file.read_text()).fetchone()
    return str(row[0]) if row and row[0] is not None else ""
