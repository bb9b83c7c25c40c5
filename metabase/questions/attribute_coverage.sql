/*
name: How complete is the telemetry?
description: "Share of the spans that carry each standard attribute, of those that it applies to."
collection: reliability
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, attribute_coverage_daily, usage_date]}
  service: {label: Service, type: string/=, field: [marts, attribute_coverage_daily, service_name]}
visualization_settings:
  graph.dimensions: [attribute]
  graph.metrics: [coverage]
  column_settings:
    '["name","attribute"]': {column_title: Attribute}
    '["name","coverage"]': {column_title: Present, number_style: percent, decimals: 1}
    '["name","missing"]': {column_title: Spans without it, number_style: decimal, decimals: 0}
*/
select
    attribute,
    cast(sum(present) as double precision) / nullif(sum(spans), 0) as coverage,
    sum(spans) - sum(present) as missing
from marts.attribute_coverage_daily
where {{date}} and {{service}}
group by attribute
order by coverage, attribute
