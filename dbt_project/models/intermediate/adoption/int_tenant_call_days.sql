{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

calls as (

    select *
    from {{ ref('int_llm_calls') }}
    where {{ in_days('usage_date', affected_days()) }}

),

days as (

    select
        tenant_id,
        usage_date,
        count(*) as calls

    from calls
    where tenant_id is not null and usage_date is not null
    group by 1, 2

)

select * from days
