"""Gather the rules: a file in a folder of rules is a rule, and nothing else lists it.

dbt has to read what a model depends on, so the union of a folder's rules is a model written from it, before
dbt parses.
"""

from __future__ import annotations

from pathlib import Path

# Folder of rules, the model of their union, and what its first line says of them.
UNIONS = (
    ("at_use", "int_rules_at_use", "Records judged as things stood when they happened"),
    ("standing", "int_standing_rules", "Things judged as they stand at the as-of instant"),
)


def gather_rules(compliance: Path) -> None:
    """Write the unions below `compliance`, the folder of its models; what is as it should be is not touched.

    Raises FileNotFoundError where a folder of rules is gone.
    """
    for folder, model, meaning in UNIONS:
        files = (compliance / "rules" / folder).iterdir()
        names = sorted(file.stem for file in files if file.suffix == ".sql")
        selects = "\nunion all\n".join(_select(name) for name in names)
        text = f"-- {meaning}. Written from the files in rules/{folder}; do not edit.\n{selects}\n"
        target = compliance / f"{model}.sql"
        if not target.exists() or target.read_text() != text:
            target.write_text(text)


def _select(model: str) -> str:
    return f"select * from {{{{ ref('{model}') }}}}"  # noqa: S608 - the name of a file of ours
