-- How much each month used, and between which ends the truth lies with 95 % confidence.
with

usage as (

    select * from {{ ref('token_usage_daily') }}

),

monthly as (

    select
        cast(date_trunc('month', usage_date) as date) as usage_month,
        sum(requests) as requests,
        {{ sampled_low('sum(requests)', 'sum(requests_variance)') }} as requests_low,
        {{ sampled_high('sum(requests)', 'sum(requests_variance)') }} as requests_high,
        sum(total_tokens) as total_tokens,
        {{ sampled_low('sum(total_tokens)', 'sum(total_tokens_variance)') }} as total_tokens_low,
        {{ sampled_high('sum(total_tokens)', 'sum(total_tokens_variance)') }} as total_tokens_high,
        sum(cost_usd) as cost_usd,
        {{ sampled_low('sum(cost_usd)', 'sum(cost_usd_variance)') }} as cost_usd_low,
        {{ sampled_high('sum(cost_usd)', 'sum(cost_usd_variance)') }} as cost_usd_high,
        sum(observed_requests) as observed_requests,
        sum(unknown_sampling_requests) / sum(requests) as unknown_sampling_share

    from usage
    group by 1

)

select * from monthly
