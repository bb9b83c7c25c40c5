-- An object's states, each from one saying to the next. Stripe tells seconds: of what it said in one, a deletion is
-- the last, a creation the first, and an event goes before the bare object; copies of an event are alike.
-- Where that leaves two that disagree, the choice is by content, and marked.
with

said as (

    select * from {{ ref('stg_stripe_objects') }}
    where object_type is not null and object_id is not null

),

compared as (

    select
        *,
        min(object) over words_of_one_rank <> max(object) over words_of_one_rank as is_contradicted

    from said
    window
        words_of_one_rank as (
            partition by
                object_type,
                object_id,
                occurred_at,
                is_deleted,
                event_type is null,
                coalesce(event_type like '%.created', false)
        )

),

last_of_second as (

    select *
    from compared
    qualify row_number() over (
        partition by object_type, object_id, occurred_at
        order by
            is_deleted desc,
            event_type is null asc,
            coalesce(event_type like '%.created', false) asc,
            record_digest desc,
            load_id asc
    ) = 1

)

select
    object_type,
    object_id,
    customer_id,
    named_tenant_id,
    occurred_at as valid_from,
    lead(occurred_at) over states_so_far as valid_to,
    row_number() over (
        partition by object_type, object_id
        order by occurred_at desc nulls last
    ) = 1 as is_newest,
    event_id,
    event_type,
    is_deleted,
    is_contradicted,
    object,
    api_version,
    record_digest,
    load_id

from last_of_second
window states_so_far as (partition by object_type, object_id order by occurred_at nulls first)
