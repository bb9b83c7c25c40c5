{#-
    Results with what the evaluators seed says of them as it stood when they occurred: `kind`, `higher_is_better` and
    `is_passed`, null where the seed cannot decide. `results` is a relation with result_id, evaluator,
    evaluator_version, score_value, score_label and occurred_at; the model has the seed as `evaluators`. The
    evaluator's own row and version decide, else its row for any version, else the rule for any evaluator. An
    evaluator's own row lists all its labels that pass. The rule for any evaluator cannot: there a label fails only
    where it is a usual word for it, and one that nobody knows is null.
-#}
{% macro judged(results) -%}
    select
        {{ results }}.*,
        evaluators.kind,
        coalesce(evaluators.higher_is_better, true) as higher_is_better,
        case
            when {{ lists_label('evaluators.pass_labels', results) }} then true
            when evaluators.pass_labels is not null and {{ lists_label(usual_fail_labels(), results) }} then false
            when {{ results }}.score_label is not null and evaluators.pass_labels is not null and evaluators.evaluator != '*'
                then false
            when {{ results }}.score_value is null or evaluators.pass_threshold is null then null
            when evaluators.higher_is_better then {{ results }}.score_value >= evaluators.pass_threshold
            else {{ results }}.score_value <= evaluators.pass_threshold
        end as is_passed

    from {{ results }}
    left join evaluators
        on evaluators.evaluator in ({{ results }}.evaluator, '*')
        and evaluators.evaluator_version in ({{ results }}.evaluator_version, '*')
        and {{ results }}.occurred_at >= evaluators.valid_from
        and (evaluators.valid_to is null or {{ results }}.occurred_at < evaluators.valid_to)
    qualify row_number() over (
        partition by {{ results }}.result_id
        order by (evaluators.evaluator != '*') desc, (evaluators.evaluator_version != '*') desc
    ) = 1
{%- endmacro %}

{#- Labels by which evaluators say that something failed. -#}
{% macro usual_fail_labels() %}'fail;failed;no;false;incorrect'{% endmacro %}

{#- Whether a list of labels, separated by `;`, has that of a result; null where there is no list. -#}
{% macro lists_label(labels, results) -%}
    list_contains(string_split(lower({{ labels }}), ';'), lower({{ results }}.score_label))
{%- endmacro %}
