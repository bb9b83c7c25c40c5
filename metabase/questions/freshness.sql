/*
name: How fresh is each source?
description: >-
  Hours from the newest record of a source to the instant of the release; a source without records has no
  bar.
collection: reliability
display: row
visualization_settings:
  graph.dimensions: [source]
  graph.metrics: [freshness_hours]
  column_settings:
    '["name","source"]': {column_title: Source}
    '["name","freshness_hours"]': {column_title: Age of the newest record, decimals: 1, suffix: " h"}
*/
select
    source,
    cast(freshness_seconds as double precision) / 3600 as freshness_hours
from marts.pipeline_health
where freshness_seconds is not null
order by freshness_hours desc, source
