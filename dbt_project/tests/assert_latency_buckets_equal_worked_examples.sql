-- Worked by hand. At scale 5 a bound is 2^(i/32): 1 ms ends bucket -1, 2 ms ends bucket 31, and 3 ms lies in bucket
-- 50, because 32 * log2(3) = 50.72. Merged to scale 4 (halved, rounded down), -1 stays -1 and 31 becomes 15.
-- The bucket (1, 2] stands for 2 * 1 * 2 / (1 + 2) = 4 / 3 ms.
-- Weights 50, 45, 4, 1 of the buckets (1, 2], (2, 4], (4, 8], (8, 16] of scale 0 reach 50, 95, 99, 100 of 100: the
-- ranks stand for 4/3, 8/3 and 16/3 ms; a hundredth more weight above moves the median to the next bucket.
-- Bucket 63 of scale 5 ends at 4 ms. With bucket 31 of scale 4 it is (2^(31/16), 4] = (3.830413, 4], which stands for
-- 2 * 3.830413 * 4 / 7.830413 = 3.913370 ms, off by at most (4 - 3.830413) / (4 + 3.830413) = 0.021657.
-- A bucket (2, 4] in seconds is (2000, 4000] ms; beside (2048, 4096] ms of the same scale the median stands for
-- 2 * 2000 * 4000 / 6000 ms, off by at most a third, as either alone.
with

buckets as (

    select
        series.name,
        series.bucket_scale,
        series.bucket_index,
        series.ms_per_unit * {{ bucket_lower('series.bucket_index', 'series.bucket_scale') }} as bucket_lower_ms,
        series.ms_per_unit * {{ bucket_upper('series.bucket_index', 'series.bucket_scale') }} as bucket_upper_ms,
        cast(series.weight as decimal(18, 6)) as weight

    from (
        values
        ('plain', 0, 0, 1, 50),
        ('plain', 0, 1, 1, 45),
        ('plain', 0, 2, 1, 4),
        ('plain', 0, 3, 1, 1),
        ('more above', 0, 0, 1, 50),
        ('more above', 0, 1, 1, 45),
        ('more above', 0, 2, 1, 5.01),
        ('two scales', 5, 63, 1, 1),
        ('two scales', 4, 31, 1, 1),
        ('two units', 0, 1, 1000, 1),
        ('two units', 0, 11, 1, 1)
    ) as series (name, bucket_scale, bucket_index, ms_per_unit, weight)

),

quantiles as (

    select
        name,
        {{ latency_quantile(0.50) }} as p50,
        {{ latency_quantile(0.95) }} as p95,
        {{ latency_quantile(0.99) }} as p99,
        {{ latency_error_bound(0.50) }} as error_bound

    from {{ ranked_buckets('buckets', by=['name']) }}
    group by name

),

examples as (

    select
        'index' as example,
        {{ bucket_index('latencies.milliseconds', '5') }} as found,
        latencies.expected

    from (values (1.0, -1), (2.0, 31), (3.0, 50), (0.0, -2147483648)) as latencies (milliseconds, expected)
    union all
    select
        'merged' as example,
        {{ merged_bucket_index('indexes.bucket_index', '5', '4') }} as found,
        indexes.expected

    from (values (-1, -1), (-33, -17), (31, 15), (0, 0), (-2147483648, -2147483648))
        as indexes (bucket_index, expected)
    union all
    select
        quantiles.name || ', ' || results.measure as example,
        case results.measure
            when 'p50' then quantiles.p50
            when 'p95' then quantiles.p95
            when 'p99' then quantiles.p99
            else quantiles.error_bound
        end as found,
        results.expected

    from (
        values
        ('plain', 'p50', 1.333333),
        ('plain', 'p95', 2.666667),
        ('plain', 'p99', 5.333333),
        ('plain', 'bound', 0.333333),
        ('more above', 'p50', 2.666667),
        ('two scales', 'p50', 3.913370),
        ('two scales', 'bound', 0.021657),
        ('two units', 'p50', 2666.666667),
        ('two units', 'bound', 0.333333)
    ) as results (name, measure, expected)
    left join quantiles
        on results.name = quantiles.name

)

select *
from examples
where found is null or abs(found - expected) > 0.000001
