"""Every fault that is planted, by what it is a fault of. docs/faults.md says how to add one."""

from orchestration.faults.catalogue import calls, compliance, ledger, money, quality, records, sources
from orchestration.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *compliance.FAULTS,
    *records.FAULTS,
    *calls.FAULTS,
    *sources.FAULTS,
    *money.FAULTS,
    *quality.FAULTS,
    *ledger.FAULTS,
)
