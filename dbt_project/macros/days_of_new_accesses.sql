{#- Days near which a file of the vault was touched by spans or events that came after this model's watermark. -#}
{% macro days_near_new_accesses() -%}
    {{ return(with_neighbours(affected_days([
        "select distinct event_date as usage_date from " ~ ref('int_vault_events') ~ " where load_id > " ~ read_up_to()
    ]))) }}
{%- endmacro %}
