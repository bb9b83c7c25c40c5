-- Of an objective and an environment one row holds on any day.
select
    earlier.slo_name,
    earlier.environment,
    earlier.valid_from,
    later.valid_from as overlapped_from

from {{ ref('slo_targets') }} as earlier
inner join {{ ref('slo_targets') }} as later
    on earlier.slo_name = later.slo_name
    and earlier.environment = later.environment
    and earlier.valid_from < later.valid_from
    and (earlier.valid_to is null or earlier.valid_to > later.valid_from)
