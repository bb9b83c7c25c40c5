-- An object's states, each from one saying to the next. Stripe tells seconds: of what it said in one, a deletion is
-- the last, a creation the first, an event goes before the bare object, an invoice never goes back, and what an event
-- names as previous values was before it. Copies of an event are alike.
-- Where that leaves two that disagree, the choice is by content, and marked.
with

said as (

    select
        *,
        case
            when object_type = 'invoice'
                then case {{ json_member('object', 'status') }}
                    when 'draft' then 1
                    when 'open' then 2
                    when 'uncollectible' then 3
                    when 'paid' then 4
                    when 'void' then 4
                end
        end as invoice_stage

    from {{ ref('stg_stripe_objects') }}
    where object_type is not null and object_id is not null

),

once as (

    select
        *,
        min(load_id) over copies as first_load_id

    from said
    window
        copies as (
            partition by object_type, object_id, occurred_at, event_type, is_deleted, object, previous_attributes
        )
    qualify row_number() over (
        partition by object_type, object_id, occurred_at, event_type, is_deleted, object, previous_attributes
        order by record_digest desc, load_id asc
    ) = 1

),

-- What came in later may have decided between what was there.
numbered as (

    select
        *,
        row_number() over (
            partition by object_type, object_id, occurred_at
            order by record_digest, object
        ) as number,
        max(first_load_id) over words_of_second as newest_load_id,
        count(*) over words_of_second > 1 and count(previous_attributes) over words_of_second > 0 as is_comparable

    from once
    window words_of_second as (partition by object_type, object_id, occurred_at)

),

comparable as (

    select * from numbered
    where is_comparable

),

told_values as (

    select
        comparable.object_type,
        comparable.object_id,
        comparable.occurred_at,
        comparable.number,
        nodes.name,
        nodes.value

    from comparable
    cross join lateral {{ json_nodes('comparable.object') }} as nodes

    union all

    -- The quantity of a subscription is that of its only item, and may be left out.
    select
        object_type,
        object_id,
        occurred_at,
        number,
        '$.quantity' as name,
        {{ json_member('object', 'items.data[0].quantity') }} as value

    from comparable
    where object_type = 'subscription' and not {{ json_has_member('object', 'quantity') }}

),

previous_values as (

    select
        comparable.object_type,
        comparable.object_id,
        comparable.occurred_at,
        comparable.number,
        comparable.object,
        nodes.name,
        nodes.value

    from comparable
    cross join lateral {{ json_nodes('comparable.previous_attributes') }} as nodes
    where comparable.previous_attributes <> '{}'

),

-- An object with all the previous values of an event was before that event.
pairs as (

    select
        earlier.object_type,
        earlier.object_id,
        earlier.occurred_at,
        earlier.number,
        later.number as later_number

    from comparable as earlier
    inner join previous_values as later
        on earlier.object_type = later.object_type
        and earlier.object_id = later.object_id
        and earlier.occurred_at = later.occurred_at
        and earlier.object <> later.object
    left join told_values
        on earlier.object_type = told_values.object_type
        and earlier.object_id = told_values.object_id
        and earlier.occurred_at = told_values.occurred_at
        and earlier.number = told_values.number
        and later.name = told_values.name
    group by 1, 2, 3, 4, 5
    having bool_and(told_values.value is not distinct from later.value)

),

followed as (

    select
        object_type,
        object_id,
        occurred_at,
        number

    from pairs
    group by 1, 2, 3, 4

),

ranked as (

    select
        numbered.*,
        followed.number is not null as is_followed

    from numbered
    left join followed
        on numbered.object_type = followed.object_type
        and numbered.object_id = followed.object_id
        and numbered.occurred_at = followed.occurred_at
        and numbered.number = followed.number

),

compared as (

    select
        *,
        min(object) over words_of_one_rank <> max(object) over words_of_one_rank as is_contradicted

    from ranked
    window
        words_of_one_rank as (
            partition by
                object_type,
                object_id,
                occurred_at,
                is_deleted,
                event_type is null,
                coalesce(event_type like '%.created', false),
                invoice_stage,
                is_followed
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
            invoice_stage desc nulls last,
            is_followed asc,
            record_digest desc
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
    newest_load_id as load_id

from last_of_second
window states_so_far as (partition by object_type, object_id order by occurred_at nulls first)
