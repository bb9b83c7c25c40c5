{#-
    The five disjoint classes, as columns of a select list, out of what was reported: `is_usage_known`,
    `reported_input_tokens` and `reported_output_tokens` with the semantics of their dialect, and `cache_read_tokens`,
    `cache_write_tokens` and `reasoning_tokens`. What a dialect counts inside input or output is taken out of it once,
    here. A detail that was not reported is taken as none of the known total.
-#}
{% macro disjoint_token_classes() -%}
    case
        when input_semantics = 'excludes_cache' then reported_input_tokens
        else reported_input_tokens - coalesce(cache_read_tokens, 0) - coalesce(cache_write_tokens, 0)
    end as uncached_input_tokens,
    case when is_usage_known then coalesce(cache_read_tokens, 0) end as cache_read_tokens,
    case when is_usage_known then coalesce(cache_write_tokens, 0) end as cache_write_tokens,
    case
        when output_semantics = 'excludes_reasoning' then reported_output_tokens
        else reported_output_tokens - coalesce(reasoning_tokens, 0)
    end as visible_output_tokens,
    case when is_usage_known then coalesce(reasoning_tokens, 0) end as reasoning_tokens
{%- endmacro %}

{#- Their sum over what is known. -#}
{% macro known_tokens() -%}
    {{ sum_of_known([
        'uncached_input_tokens',
        'cache_read_tokens',
        'cache_write_tokens',
        'visible_output_tokens',
        'reasoning_tokens',
    ]) }}
{%- endmacro %}
