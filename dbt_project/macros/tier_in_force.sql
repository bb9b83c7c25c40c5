{#-
    Everything of `calls` (with tenant_id and started_at) and three columns more: `tier_by_history`, the tier its
    tenant had when it began, null where history does not reach; `tier_load_id`, the load that told so; and
    `tier_in_force`, that tier, else the span's own where the tiers seed listed it then, else 'unknown'.
-#}
{% macro with_tier_in_force(calls, own_tier) -%}
    select
        with_history.*,
        coalesce(with_history.tier_by_history, listed.entitlement_tier, 'unknown') as tier_in_force

    from (
        select
            {{ calls }}.*,
            case
                when states.valid_to is null or {{ calls }}.started_at < states.valid_to
                    then states.entitlement_tier
            end as tier_by_history,
            states.load_id as tier_load_id

        from {{ calls }}
        asof left join {{ ref('int_tenant_states') }} as states
            on {{ calls }}.tenant_id = states.tenant_id
            and {{ calls }}.started_at >= states.valid_from
    ) as with_history
    left join {{ ref('tiers') }} as listed
        on with_history.{{ own_tier }} = listed.entitlement_tier
        and with_history.started_at >= listed.valid_from
        and (listed.valid_to is null or with_history.started_at < listed.valid_to)
{%- endmacro %}
