{#- Whether a lower-case name meets a condition of the price seeds; see `orchestration/price_clauses.py`. -#}
{% macro meets_condition(name, operator, operand) -%}
    {{ return(adapter.dispatch('meets_condition')(name, operator, operand)) }}
{%- endmacro %}

{% macro duckdb__meets_condition(name, operator, operand) -%}
    case {{ operator }}
        when 'equals' then {{ name }} = {{ operand }}
        when 'starts_with' then starts_with({{ name }}, {{ operand }})
        when 'ends_with' then ends_with({{ name }}, {{ operand }})
        when 'contains' then contains({{ name }}, {{ operand }})
        when 'regex' then regexp_matches({{ name }}, {{ operand }})
        when 'not_regex' then not regexp_matches({{ name }}, {{ operand }})
    end
{%- endmacro %}

{#- A model's name with a date like -20251211 spelled -2025-12-11, as price lists spell it. -#}
{% macro with_dashed_date(model) -%}
    {{ return(adapter.dispatch('with_dashed_date')(model)) }}
{%- endmacro %}

{% macro duckdb__with_dashed_date(model) -%}
    regexp_replace({{ model }}, '-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(-|:|$)', '-\1-\2-\3\4', 'g')
{%- endmacro %}
