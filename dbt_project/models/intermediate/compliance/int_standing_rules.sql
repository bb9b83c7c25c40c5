-- Things judged as they stand at the as-of instant. Written from the files in rules/standing; do not edit.
select * from {{ ref('rule_dispute_overdue') }}
union all
select * from {{ ref('rule_early_deletion') }}
union all
select * from {{ ref('rule_entitlement_overage') }}
union all
select * from {{ ref('rule_ledger_break') }}
union all
select * from {{ ref('rule_override_unexplained') }}
union all
select * from {{ ref('rule_policy_drift') }}
union all
select * from {{ ref('rule_retention_breach') }}
union all
select * from {{ ref('rule_unlisted_tenant_tier') }}
