"""The 49 malformed and tricky files: what each gives here, next to what its manifest expects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.ingest.otlp_reading import read_file

_RECORDS = ("spans", "log_records", "metric_points")


class Ours(NamedTuple):
    """How many records land, the reason codes of those that do not, and the manifest's alternative taken.

    `alternative` is a part of the manifest's `alt` text; empty where the file gives what is expected first.
    """

    good: int
    codes: tuple[str, ...] = ()
    alternative: str = ""


OURS = {
    "001_truncated_last_line.jsonl": Ours(2, ("torn_record",)),
    "003_two_writers_interleaved.jsonl": Ours(1, ("torn_record",)),
    "006_bom_utf8.jsonl": Ours(1),
    "008_crlf.jsonl": Ours(2),
    "011_concatenated_no_newline.jsonl": Ours(3),
    "013_pretty_printed.json": Ours(2),
    "016_two_signals_one_object.jsonl": Ours(2),
    "018_lone_surrogate.jsonl": Ours(0, ("malformed_json",), "quarantine 1"),
    "021_single_quotes_python_repr.jsonl": Ours(1, ("malformed_json",)),
    "023_duplicate_json_keys.jsonl": Ours(1),
    "026_deep_nesting_20000.jsonl": Ours(1, ("too_deep",)),
    "031_id_too_short.jsonl": Ours(1, ("bad_trace_id",)),
    "034_id_all_zero.jsonl": Ours(1, ("bad_span_id", "bad_trace_id")),
    "036_id_odd_hex.jsonl": Ours(1, ("bad_trace_id",)),
    "039_parent_zero.jsonl": Ours(2),
    "041_orphan_parent.jsonl": Ours(1),
    "051_int_overflow.jsonl": Ours(1, ("number_out_of_range",)),
    "053_time_lost_precision.jsonl": Ours(1),
    "056_tokens_as_strings.jsonl": Ours(1),
    "058_tokens_double_nan.jsonl": Ours(1),
    "061_time_zero.jsonl": Ours(3),
    "063_year_2500.jsonl": Ours(0, ("time_out_of_range",), "quarantine 1 with reason"),
    "066_time_millis_micros.jsonl": Ours(
        0, ("implausible_time", "implausible_time"), "quarantine 2 as implausible"
    ),
    "068_time_negative.jsonl": Ours(1, ("time_out_of_range",)),
    "071_enum_unknown_int.jsonl": Ours(1),
    "073_snake_case.jsonl": Ours(1),
    "076_null_everywhere.jsonl": Ours(1),
    "078_null_line.jsonl": Ours(1, ("not_otlp", "not_otlp", "not_otlp", "not_otlp")),
    "081_legacy_instrumentationlibrary.jsonl": Ours(1, (), "accept 1 by mapping the legacy key"),
    "083_all_anyvalue_types.jsonl": Ours(1),
    "091_histogram_count_mismatch.jsonl": Ours(1),
    "093_no_recorded_value.jsonl": Ours(1),
    "096_cumulative_reset.jsonl": Ours(4),
    "098_summary_quantiles.jsonl": Ours(1),
    "110_dup_a.jsonl": Ours(2),
    "110_dup_b.jsonl": Ours(2, (), "2 raw rows, dedup in marts"),
    "112_same_spanid_other_trace.jsonl": Ours(2),
    "120_sql_injection.jsonl": Ours(5),
    "122_csv_formula.jsonl": Ours(6),
    "125_template_log4j.jsonl": Ours(7),
    "127_prompt_pii_secret.jsonl": Ours(1),
    "132_5000_attributes.jsonl": Ours(1),
    "134_many_empty_lines.jsonl": Ours(1),
    "142_plain.jsonl.zst": Ours(2),
    "144_fileexporter_framed_json_zstd.bin": Ours(2),
    "147_framed_length_bomb.bin": Ours(1, ("too_large",)),
    "149_gz_named_plain.jsonl.gz": Ours(2),
    "152_raw_proto_traces.pb": Ours(2),
    "154_proto_is_logs_named_traces.pb": Ours(0, ("signal_mismatch",), "quarantine"),
}
# What an alternative means in numbers: (good, bad).
_ALTERNATIVES = {
    "quarantine 1": (0, 1),
    "quarantine 1 with reason": (0, 1),
    "quarantine 2 as implausible": (0, 2),
    "accept 1 by mapping the legacy key": (1, 0),
    "2 raw rows, dedup in marts": (2, 0),
    "quarantine": (0, 1),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", OURS)
def test_an_adversarial_file_gives_what_the_table_says(name: str, shared_data: Path) -> None:
    signal = _manifest(shared_data)[name]["signal"]
    result = read_file(shared_data / "adversarial" / name, f"otlp/{signal}/{name}")
    landed = sum(len(result.rows[table]) for table in _RECORDS)
    assert (landed, tuple(sorted(result.codes))) == (OURS[name].good, OURS[name].codes)


@pytest.mark.shared
def test_the_table_holds_what_the_manifest_expects_or_names_as_its_alternative(shared_data: Path) -> None:
    manifest = _manifest(shared_data)
    assert OURS.keys() == manifest.keys()
    assert len(OURS) == 49
    for name, ours in OURS.items():
        expected: tuple[int, int] = manifest[name]["rows_good"], manifest[name]["rows_bad"]
        if ours.alternative:
            assert ours.alternative in manifest[name]["alt"], name
            expected = _ALTERNATIVES[ours.alternative]
        assert (ours.good, len(ours.codes)) == expected, name


def _manifest(shared_data: Path) -> dict[str, dict[str, Any]]:
    files = json.loads((shared_data / "adversarial" / "manifest.json").read_text())["files"]
    return {file["file"]: file for file in files}
