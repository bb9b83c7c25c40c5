-- What stands as it stands at the as-of instant: few records, judged anew in each run.
select
    rule_id,
    verdict,
    is_exception,
    usage_date,
    jurisdiction,
    {{ exceptions_only() }},
    count(*) as records

from {{ ref('int_standing_rules') }}
group by all
