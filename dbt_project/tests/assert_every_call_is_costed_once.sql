with

calls as (

    select
        call_id,
        usage_date

    from {{ ref('int_llm_calls') }}

),

costs as (

    select
        call_id,
        usage_date

    from {{ ref('int_call_costs') }}

)

select
    calls.call_id,
    costs.call_id as costed_call_id

from calls
full outer join costs
    on calls.call_id = costs.call_id
    and calls.usage_date = costs.usage_date
where calls.call_id is null or costs.call_id is null
