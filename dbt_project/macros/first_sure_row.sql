{#
    The CTEs by which the rows of `matched` decide a governed record: of the rows that apply to a record, most
    specific first, the first that surely holds decides, unless one before it that might hold says otherwise.

    specificity: the policy's columns in which `*` means any, the most telling first.

    `matched` has usage_date, record_kind, record_id, effect (`allow` or `deny`, null without a policy in force) and
    is_certain. `decided` adds verdict and holds, for a record, the row that decided; an unknown one its first row.
    Windows name the day to be pruned by.
#}
{% macro decided_by_first_sure_row(specificity) %}
ranked as (

    select
        *,
        row_number() over (
            partition by usage_date, record_kind, record_id
            order by
                {% for column in specificity %}({{ column }} != '*') desc, {% endfor %}
                (effect = 'deny') desc,
                {{ specificity | join(' asc, ') }} asc
        ) as place

    from matched

),

reached as (

    select
        *,
        min(case when is_certain then place end) over (
            partition by usage_date, record_kind, record_id
        ) as first_certain

    from ranked

),

verdicts as (

    select
        *,
        case
            when first_certain is null or min(effect) over whole_record != max(effect) over whole_record then 'unknown'
            when effect = 'deny' then 'violation'
            else 'compliant'
        end as verdict

    from reached
    where place <= coalesce(first_certain, place)
    window
        whole_record as (
            partition by usage_date, record_kind, record_id
        )

),

decided as (

    select * from verdicts
    where place = case when verdict = 'unknown' then 1 else first_certain end

)
{% endmacro %}
