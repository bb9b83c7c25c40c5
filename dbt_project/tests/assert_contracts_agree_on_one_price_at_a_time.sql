select
    tenant_id,
    provider_name,
    model,
    token_class,
    valid_from,
    valid_to

from {{ ref('contract_prices') }}
qualify
    valid_to <= valid_from
    or coalesce(valid_to, timestamp '9999-12-31') > lead(valid_from) over (
        partition by tenant_id, provider_name, model, token_class
        order by valid_from
    )
