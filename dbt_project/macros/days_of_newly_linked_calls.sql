{#-
    Days whose recent calls may say something else than at this model's watermark: of another tier, within the newest
    days again, or of a trace that MLflow has told of since.
-#}
{% macro days_of_newly_linked_calls() -%}
    {%- if not execute -%}
        {%- do ref('int_mlflow_traces') -%}
        {%- do ref('int_trace_totals') -%}
    {%- endif -%}
    {%- set tiered_or_recent = days_of_new_tenant_states() + days_recent_again() -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return(tiered_or_recent + [
        "select usage_date from " ~ ref('int_trace_totals') ~ " where trace_id in (select trace_id from "
        ~ ref('int_mlflow_traces') ~ " where load_id > " ~ read_up_to() ~ ")"
    ]) }}
{%- endmacro %}
