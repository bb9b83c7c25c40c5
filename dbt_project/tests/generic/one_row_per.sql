{#- The grain of a model: no two rows share the values of `columns`, nulls counting as equal. -#}
{% test one_row_per(model, columns) %}

    select
        {{ columns | join(',\n        ') }},
        count(*) as copies

    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1

{% endtest %}
