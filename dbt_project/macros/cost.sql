{#- The price per million tokens of a class that a tenant's contract says, else null. -#}
{% macro contract_price(token_class) -%}
    max(contract_prices.usd_per_mtok) filter (where contract_prices.token_class = '{{ token_class }}')
{%- endmacro %}

{#-
    What a call's tokens of a class cost, exact to 15 places. A class that the call did not use, or does not
    report beside the ones it does, costs nothing; one that it used and that has no price makes the sum null.
-#}
{% macro token_cost_usd(token_class) -%}
    case
        when coalesce({{ token_class }}_tokens, 0) = 0 then 0
        else cast({{ token_class }}_tokens as decimal(19, 0))
            * cast({{ token_class }}_usd_per_mtok * cast(0.000001 as decimal(6, 6)) as decimal(19, 15))
    end
{%- endmacro %}
