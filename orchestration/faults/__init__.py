"""Fault injection: is every fault that can come in caught by the check that is there for it?

`catalogue/` declares the faults, each with the check that must catch it; `clean.py` is the landing folder
that they are planted in, which trips nothing; `trial.py` takes one through load, dbt, rules and gate.
docs/faults.md says how to add one.
"""
