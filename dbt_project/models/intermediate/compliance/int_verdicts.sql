{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_verdicts()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Every exception with all that is known of it; what is none, by the number of records alone.
select
    rule_id,
    verdict,
    is_exception,
    usage_date,
    jurisdiction,
    {{ exceptions_only() }},
    count(*) as records

from {{ ref('int_rules_at_use') }}
where {{ in_days('usage_date', affected_days(days_of_new_verdicts())) }}
group by all
order by usage_date
