{#-
    Days on which a review may count otherwise than before this model's watermark: all days of the spans and events of
    a review with a new event or with a span in a touched trace.
-#}
{% macro days_of_new_reviews() -%}
    {%- if not execute -%}
        {%- do ref('int_review_outcomes') -%}
        {%- do ref('int_review_spans') -%}
        {%- do ref('int_trace_days') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set new_reviews -%}
        select review_id from {{ ref('int_review_outcomes') }} where load_id > {{ read_up_to() }}
        union
        select review_id from {{ ref('int_review_spans') }}
        where {{ in_days('span_date', touched_trace_days()) }} and {{ is_touched_trace('trace_id') }}
    {%- endset -%}
    {{ return([
        "select event_date as day from " ~ ref('int_review_outcomes') ~ " where review_id in (" ~ new_reviews ~ ")",
        "select span_date as day from " ~ ref('int_review_spans') ~ " where review_id in (" ~ new_reviews ~ ")",
    ]) }}
{%- endmacro %}
