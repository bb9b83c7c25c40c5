{#- What the price list asks for a kind of usage, out of the rows of one model, context and period; else null. -#}
{% macro price_of(usage_kind) -%}
    max(usd) filter (where usage_kind = '{{ usage_kind }}')
{%- endmacro %}

{#- The price per million tokens of a class that a tenant's contract says, else null. -#}
{% macro contract_price(token_class) -%}
    max(contract_prices.usd_per_mtok) filter (where contract_prices.token_class = '{{ token_class }}')
{%- endmacro %}

{#- A detail of a class of tokens, as far as it was reported and fits into the class that holds it. -#}
{% macro detail_within(detail, class) -%}
    case when {{ detail }} between 0 and {{ class }} then {{ detail }} else 0 end
{%- endmacro %}

{#-
    What a call's tokens of a class cost, exact to 18 places. A class that the call did not use, or does not
    report beside the ones it does, costs nothing; one that it used and that has no price makes the sum null.
-#}
{% macro token_cost_usd(token_class) -%}
    case
        when coalesce({{ token_class }}_tokens, 0) = 0 then 0
        else cast({{ token_class }}_tokens as decimal(19, 0))
            * {{ usd_per_token(token_class ~ '_usd_per_mtok') }}
    end
{%- endmacro %}

{#- A price per million tokens as one per token, exact to 18 places. -#}
{% macro usd_per_token(usd_per_mtok) -%}
    cast({{ usd_per_mtok }} * cast(0.000001 as decimal(6, 6)) as decimal(19, 18))
{%- endmacro %}

{#- A price per thousand requests as one per request. -#}
{% macro usd_per_request(usd_per_thousand_requests) -%}
    cast({{ usd_per_thousand_requests }} * cast(0.001 as decimal(3, 3)) as decimal(19, 18))
{%- endmacro %}
