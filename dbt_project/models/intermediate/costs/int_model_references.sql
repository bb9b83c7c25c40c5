{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days() %}

with

names as (

    select
        provider_name,
        request_model,
        response_model

    from {{ ref('int_span_usage') }}
    where {{ in_days('usage_date', days) }}
    union all
    select
        provider_name,
        request_model,
        response_model

    from {{ ref('int_log_usage') }}
    where {{ in_days('usage_date', days) }}
    union all
    select
        provider_name,
        request_model,
        response_model

    from {{ ref('int_metric_days') }}
    where {{ in_days('usage_date', days) }}
    union all
    select
        cast(null as varchar) as provider_name,
        model as request_model,
        cast(null as varchar) as response_model

    from {{ ref('int_usage_charges') }}
    where load_id > {{ read_up_to() }}

),

asked as (

    select
        {{ comparable('provider_name') }} as provider_name,
        {{ comparable('response_model') }} as model
    from names
    union
    select
        {{ comparable('provider_name') }} as provider_name,
        {{ comparable('request_model') }} as model
    from names

),

price_providers as (

    select * from {{ ref('price_providers') }}

),

price_models as (

    select * from {{ ref('price_models') }}

),

new_pairs as (

    select
        provider_name,
        model

    from asked
    {% if is_incremental() %}
        where (provider_name, model) not in (select (known.provider_name, known.model) from {{ this }} as known)
    {% endif %}

),

-- A call that names no provider is asked for by the name of its model.
possible_providers as (

    select
        new_pairs.provider_name,
        new_pairs.model,
        price_providers.provider_name as seller,
        price_providers.rank

    from new_pairs
    inner join price_providers
        on price_providers.subject = case when new_pairs.provider_name = '' then 'model' else 'provider' end
    group by
        new_pairs.provider_name,
        new_pairs.model,
        price_providers.provider_name,
        price_providers.rank,
        price_providers.alternative
    having
        bool_and({{ meets_condition(
            "case when new_pairs.provider_name = '' then new_pairs.model else new_pairs.provider_name end",
            'price_providers.operator',
            'price_providers.operand',
        ) }})

),

providers as (

    select
        provider_name,
        model,
        min_by(seller, rank) as seller

    from possible_providers
    group by provider_name, model

),

-- The name as it was reported is asked before the same name with its date spelled out.
spellings as (

    select
        provider_name,
        model,
        seller,
        1 as spelling,
        model as spelled

    from providers
    union all
    select
        provider_name,
        model,
        seller,
        2 as spelling,
        {{ with_dashed_date('model') }} as spelled

    from providers

),

possible_models as (

    select
        spellings.provider_name,
        spellings.model,
        spellings.seller,
        spellings.spelling,
        price_models.rank,
        price_models.price_provider_name,
        price_models.price_model

    from spellings
    inner join price_models
        on spellings.seller = price_models.provider_name
    group by
        spellings.provider_name,
        spellings.model,
        spellings.seller,
        spellings.spelling,
        price_models.rank,
        price_models.price_provider_name,
        price_models.price_model,
        price_models.alternative
    having
        bool_and({{ meets_condition('spellings.spelled', 'price_models.operator', 'price_models.operand') }})

),

models as (

    select
        provider_name,
        model,
        min_by(price_provider_name, (spelling, rank)) as price_provider_name,
        min_by(price_model, (spelling, rank)) as price_model,
        min_by(price_provider_name = seller, (spelling, rank)) as has_contexts

    from possible_models
    group by provider_name, model

),

-- What no price list knows stands under its own name, so that a contract can name it.
model_references as (

    select
        new_pairs.provider_name,
        new_pairs.model,
        coalesce(models.price_provider_name, new_pairs.provider_name) as price_provider_name,
        coalesce(models.price_model, new_pairs.model) as price_model,
        models.price_model is not null as is_listed,
        -- What a provider sells for another costs the other's default price however it was served.
        coalesce(models.has_contexts, false) as has_contexts

    from new_pairs
    left join models
        on new_pairs.provider_name = models.provider_name
        and new_pairs.model = models.model

)

select * from model_references
