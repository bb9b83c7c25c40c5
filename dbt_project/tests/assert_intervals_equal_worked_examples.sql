-- Worked by hand. Wilson for 8 of 10: centre (0.8 + 3.841459 / 20) / 1.3841459 = 0.716740, half width
-- 1.959964 * sqrt(0.016 + 3.841459 / 400) / 1.3841459 = 0.226578. Scores 0.2, 0.4, 0.6: deviation 0.2,
-- t(2) = 4.302653, half width 4.302653 * 0.2 / sqrt(3) = 0.496828. t(10) = 2.228139 by any table.
-- A sampled total of 100 with variance 25: 100 * exp(-1.959964 * 5 / 100) = 90.66505, and 100 / 0.9066505 = 110.2961.
with

computed as (

    select
        {{ wilson_low('8', '10') }} as wilson_low,
        {{ wilson_high('8', '10') }} as wilson_high,
        {{ wilson_high('0', '4') }} as wilson_high_of_none,
        {{ t_half_width('3', 'cast(1.2 as decimal(38, 9))', 'cast(0.56 as decimal(38, 18))') }} as half_width,
        {{ student_t_975('10') }} as t_10,
        {{ t_half_width('1', 'cast(1.2 as decimal(38, 9))', 'cast(1.44 as decimal(38, 18))') }} as half_width_of_one,
        {{ sampled_low('100', '25') }} as sampled_low,
        {{ sampled_high('100', '25') }} as sampled_high,
        {{ sampled_high('0', '0') }} as sampled_high_of_none,
        {{ sampled_low('cast(null as double)', '25') }} as sampled_low_of_unknown

)

select *
from computed
where
    abs(wilson_low - 0.490162) > 0.000002
    or abs(wilson_high - 0.943318) > 0.000002
    -- z^2 / (n + z^2) = 3.841459 / 7.841459
    or abs(wilson_high_of_none - 0.489891) > 0.000002
    or abs(half_width - 0.496828) > 0.000002
    or abs(t_10 - 2.228139) > 0.00001
    or half_width_of_one is not null
    or abs(sampled_low - 90.66505) > 0.0001
    or abs(sampled_high - 110.2961) > 0.0001
    or sampled_high_of_none != 0
    or sampled_low_of_unknown is not null
