{#-
    What a tenant did between two states: new, upgrade, downgrade, churn, reactivation, none, or unknown where the
    tiers cannot be compared. The names of columns: whether cancelled now and before (null: state not known), and the
    rank of the tier now and before (null: not known). "Before" is the last time that it was known, so a tenant that
    is known again after a gap did not churn and is not new.
-#}
{% macro tier_movement(is_cancelled, was_cancelled, tier_rank, previous_rank) -%}
    case
        when {{ is_cancelled }} is null then 'unknown'
        when {{ is_cancelled }} and coalesce({{ was_cancelled }}, true) then 'none'
        when {{ is_cancelled }} then 'churn'
        when {{ was_cancelled }} is null then 'new'
        when {{ was_cancelled }} then 'reactivation'
        when {{ tier_rank }} > {{ previous_rank }} then 'upgrade'
        when {{ tier_rank }} < {{ previous_rank }} then 'downgrade'
        when {{ tier_rank }} = {{ previous_rank }} then 'none'
        else 'unknown'
    end
{%- endmacro %}
