{#- One response of a provider: same id and same usage. Ids alone are reused by test and local servers. -#}
{% macro response_identity() -%}
    lower(provider_name), response_id, uncached_input_tokens, cache_read_tokens, cache_write_tokens, visible_output_tokens, reasoning_tokens
{%- endmacro %}

{% macro five_minutes_in_nanoseconds() %}300000000000{% endmacro %}
