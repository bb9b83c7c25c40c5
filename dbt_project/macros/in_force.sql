{#- A condition: the row of the policy or other dated seed holds at the instant. -#}
{% macro in_force(policy, instant) -%}
    {{ instant }} >= {{ policy }}.valid_from
    and ({{ instant }} < {{ policy }}.valid_to or {{ policy }}.valid_to is null)
{%- endmacro %}
