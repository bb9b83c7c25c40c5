-- Worked by hand. At scale 5 a bound is 2^(i/32): 1 ms ends bucket -1, 2 ms ends bucket 31, and 3 ms lies in bucket
-- 50, because 32 * log2(3) = 50.72. Merged to scale 4 (halved, rounded down), -1 stays -1 and 31 becomes 15.
-- The bucket (1, 2] stands for 2 * 1 * 2 / (1 + 2) = 4 / 3 ms.
-- Weights 50, 45, 4, 1 of the buckets (1, 2], (2, 4], (4, 8], (8, 16] of scale 0 reach 50, 95, 99, 100 of 100: the
-- ranks stand for 4/3, 8/3 and 16/3 ms; a hundredth less weight below moves each rank to the next bucket.
with

buckets as (

    select
        indexes.bucket_index,
        cast(indexes.weight as decimal(18, 6)) as weight,
        {{ bucket_lower_ms('indexes.bucket_index', '0') }} as lower_ms,
        {{ bucket_upper_ms('indexes.bucket_index', '0') }} as upper_ms

    from (values (0, 50), (1, 45), (2, 4), (3, 1)) as indexes (bucket_index, weight)

),

reached as (

    select
        *,
        sum(weight) over (order by bucket_index) as reached,
        cast(100 as decimal(38, 6)) as total,
        cast(100.01 as decimal(38, 6)) as larger_total

    from buckets

),

quantiles as (

    select
        {{ bucket_quantile_ms('0.50', 'reached', 'total', 'lower_ms', 'upper_ms') }} as p50,
        {{ bucket_quantile_ms('0.95', 'reached', 'total', 'lower_ms', 'upper_ms') }} as p95,
        {{ bucket_quantile_ms('0.99', 'reached', 'total', 'lower_ms', 'upper_ms') }} as p99,
        {{ bucket_quantile_ms('0.50', 'reached', 'larger_total', 'lower_ms', 'upper_ms') }} as p50_of_more

    from reached

),

examples as (

    select
        latencies.milliseconds as example,
        {{ bucket_index('latencies.milliseconds', '5') }} as found,
        latencies.expected

    from (values (1.0, -1), (2.0, 31), (3.0, 50), (0.0, -2147483648)) as latencies (milliseconds, expected)
    union all
    select
        indexes.bucket_index as example,
        {{ merged_bucket_index('indexes.bucket_index', '5', '4') }} as found,
        indexes.expected

    from (values (-1, -1), (-33, -17), (31, 15), (0, 0), (-2147483648, -2147483648))
        as indexes (bucket_index, expected)
    union all
    select
        0.5 as example,
        p50 as found,
        4.0 / 3 as expected

    from quantiles
    union all
    select
        0.95 as example,
        p95 as found,
        8.0 / 3 as expected

    from quantiles
    union all
    select
        0.99 as example,
        p99 as found,
        16.0 / 3 as expected

    from quantiles
    union all
    select
        0.501 as example,
        p50_of_more as found,
        8.0 / 3 as expected

    from quantiles

)

select *
from examples
where found is null or abs(found - expected) > 0.000000001
