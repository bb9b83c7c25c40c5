-- What a publisher of policies has to name as the digest of a version: that of its rows here.
{{ policy_versions(ref('policy_connectors')) }}
union all
{{ policy_versions(ref('policy_consent')) }}
union all
{{ policy_versions(ref('policy_disputes')) }}
union all
{{ policy_versions(ref('policy_entitlements')) }}
union all
{{ policy_versions(ref('policy_export_control')) }}
union all
{{ policy_versions(ref('policy_overrides')) }}
union all
{{ policy_versions(ref('policy_redaction')) }}
union all
{{ policy_versions(ref('policy_residency')) }}
union all
{{ policy_versions(ref('policy_retention')) }}
union all
{{ policy_versions(ref('policy_sampling')) }}
