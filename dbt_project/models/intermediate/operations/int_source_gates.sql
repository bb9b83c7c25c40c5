{{ config(materialized='view') }}

-- A source is held while the latest audit of any mart that draws on it held that mart.
with

audits as (

    select * from {{ ref('stg_mart_sources') }}

),

sources as (

    select * from {{ ref('bronze_sources') }}

),

latest as (

    select *
    from audits
    qualify publication_id = max(publication_id) over (partition by mart)

),

gates as (

    select
        sources.source,
        case
            when count(case when latest.state = 'held' then 1 end) > 0 then 'held'
            when count(latest.mart) > 0 then 'published'
            else 'unaudited'
        end as gate_state

    from sources
    left join latest on sources.bronze_table = latest.bronze_table
    group by 1

)

select * from gates
