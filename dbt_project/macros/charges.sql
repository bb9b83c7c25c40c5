{#-
    What a cost is the sum of: a list with an entry for each price that something was charged at, with its `token_class`
    ('requests' for a price per request), the `detail` of the class that may cost something else than the rest of it
    ('audio', '1h'; null for the rest), the `quantity`, and what one costs: `usd_per_unit` as agreed or else asked,
    `list_usd_per_unit` as the market asks, null where there is no market. `kinds` says of which class, and which
    detail of it, a kind of tokens is; of each kind there are the columns `*_tokens`, `*_usd_per_mtok` and
    `list_*_usd_per_mtok`.
-#}
{% macro charges(kinds, requests) -%}
    {{ return(adapter.dispatch('charges')(kinds, requests)) }}
{%- endmacro %}

{% macro duckdb__charges(kinds, requests) -%}
    list_filter(
        [
            {%- for kind, (token_class, detail) in kinds.items() %}
            {
                'token_class': '{{ token_class }}',
                'detail': {{ "'" ~ detail ~ "'" if detail else 'cast(null as varchar)' }},
                'quantity': cast(coalesce({{ kind }}_tokens, 0) as decimal(22, 3)),
                'usd_per_unit': {{ usd_per_token(kind ~ '_usd_per_mtok') }},
                'list_usd_per_unit': {{ usd_per_token('list_' ~ kind ~ '_usd_per_mtok') }}
            },
            {%- endfor %}
            {
                'token_class': 'requests',
                'detail': cast(null as varchar),
                'quantity': case
                    when usd_per_thousand_requests = 0 then 0 else cast({{ requests }} as decimal(22, 3))
                end,
                'usd_per_unit': {{ usd_per_request('usd_per_thousand_requests') }},
                'list_usd_per_unit': {{ usd_per_request('list_usd_per_thousand_requests') }}
            }
        ],
        lambda charge: charge.quantity <> 0
    )
{%- endmacro %}

{#- One row for each entry of such a list, with a column for each of its members. In a select list. -#}
{% macro unnest_charges(charges) -%}
    {{ return(adapter.dispatch('unnest_charges')(charges)) }}
{%- endmacro %}

{% macro duckdb__unnest_charges(charges) -%}
    unnest({{ charges }}, recursive := true)
{%- endmacro %}
