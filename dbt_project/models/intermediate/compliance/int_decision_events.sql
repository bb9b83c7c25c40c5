{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_decisions()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- What happened to each decision, on the day it was made; of an override or review without its decision, on its own.
{%- set days = affected_days(days_of_new_decisions()) %}
with

told as (

    select * from {{ ref('int_told_of_decisions') }}

),

decisions as (

    select
        decision_id,
        min(event_date) as first_told_on,
        min(case when event_type = 'governance.policy.decided' then event_date end) as decided_on

    from told
    group by decision_id

),

placed as (

    select
        told.*,
        coalesce(decisions.decided_on, decisions.first_told_on) as usage_date

    from told
    inner join decisions
        on told.decision_id = decisions.decision_id
    where {{ in_days('coalesce(decisions.decided_on, decisions.first_told_on)', days) }}

),

spans as (

    select
        trace_id,
        span_id,
        graph_node_id

    from {{ ref('int_spans') }}
    where
        graph_node_id is not null
        and {{ near_days('span_date', days) }}

)

select
    placed.*,
    spans.graph_node_id

from placed
left join spans
    on placed.trace_id = spans.trace_id
    and placed.span_id = spans.span_id
order by placed.usage_date
