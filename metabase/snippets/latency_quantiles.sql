-- Quantiles of each `part` of the CTE `buckets`, which has the columns of the mart's histogram; as docs/latency.md says.
-- `error_bound`: by how much of itself a quantile may be off.
-- Buckets of two scales meet at the coarser one; what one of zero covers is zero.
scaled as (

    select
        buckets.*,
        min(bucket_scale) over (partition by part) as coarsest_scale,
        coalesce(
            max(case when bucket_index = -2147483648 then bucket_upper_ms end) over (partition by part), 0
        ) as widest_zero_ms

    from buckets

),

merged as (

    select
        part,
        weight,
        power(2, power(2, -coarsest_scale)) as factor,
        case
            when bucket_index = -2147483648 or bucket_lower_ms < widest_zero_ms then cast(0 as double precision)
            else bucket_lower_ms * power(
                2,
                floor(bucket_index / power(2, bucket_scale - coarsest_scale)) / power(2, coarsest_scale)
                - bucket_index / power(2, bucket_scale)
            )
        end as lower_ms

    from scaled

),

ranked as (

    select
        part,
        weight,
        (factor - 1) / (factor + 1) as error_bound,
        lower_ms * 2 * factor / (1 + factor) as middle_ms,
        sum(weight) over (partition by part order by lower_ms) as reached_weight,
        sum(weight) over (partition by part) as total_weight

    from merged

),

quantiles as (

    select
        part,
        min(middle_ms) filter (where reached_weight >= 0.5 * total_weight) as p50_ms,
        min(middle_ms) filter (where reached_weight >= 0.95 * total_weight) as p95_ms,
        min(middle_ms) filter (where reached_weight >= 0.99 * total_weight) as p99_ms,
        max(error_bound) as error_bound,
        sum(weight) as requests
    from ranked
    group by part

)
