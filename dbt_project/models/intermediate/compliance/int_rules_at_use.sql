-- Records judged as things stood when they happened. Written from the files in rules/at_use; do not edit.
select * from {{ ref('rule_attribute_schema_breach') }}
union all
select * from {{ ref('rule_consent_disagreement') }}
union all
select * from {{ ref('rule_consent_expired') }}
union all
select * from {{ ref('rule_consent_missing') }}
union all
select * from {{ ref('rule_consent_withdrawn') }}
union all
select * from {{ ref('rule_denylisted_connector') }}
union all
select * from {{ ref('rule_export_control') }}
union all
select * from {{ ref('rule_personal_data_found') }}
union all
select * from {{ ref('rule_policy_action_untraced') }}
union all
select * from {{ ref('rule_residency_processing') }}
union all
select * from {{ ref('rule_residency_storage') }}
union all
select * from {{ ref('rule_sampling_below_floor') }}
union all
select * from {{ ref('rule_tier_disagreement') }}
union all
select * from {{ ref('rule_unlisted_tier') }}
union all
select * from {{ ref('rule_unpriced_model') }}
union all
select * from {{ ref('rule_unregistered_agent') }}
