-- `detected_at` is when the load that decided it was made.
with

judged as (

    select * from {{ ref('int_verdicts') }}
    where is_exception

    union all

    select * from {{ ref('int_standing_verdicts') }}
    where is_exception

),

loads as (

    select
        load_id,
        min(ingested_at) as detected_at

    from {{ ref('stg_ingest_log') }}
    group by load_id

)

select
    md5(judged.rule_id || ' ' || judged.rule_version || ' ' || judged.record_kind || ' ' || judged.record_id)
        as exception_id,
    judged.*,
    loads.detected_at

from judged
left join loads
    on judged.load_id = loads.load_id
