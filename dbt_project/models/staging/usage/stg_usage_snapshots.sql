select
    snapshot_date,
    tenant_id,
    entitlement_tier,
    tenant_name,
    status,
    seats,
    active_users,
    mrr_amount,
    upper(mrr_currency) as mrr_currency,
    jurisdiction,
    home_region,
    trial_started_on as trial_started_date,
    features_enabled,
    features_used,
    connectors_enabled,
    updated_at,
    attributes,
    record_digest,
    load_id

from {{ source('bronze', 'usage_snapshots') }}
