/*
name: "What runs, and since when?"
description: "Each version of a service that telemetry came from: the 40 seen last."
collection: reliability
display: table
parameters:
  service: {label: Service, type: string/=, field: [marts, deployments, service_name]}
  environment: {label: Environment, type: string/=, field: [marts, deployments, environment]}
visualization_settings:
  column_settings:
    '["name","service_name"]': {column_title: Service}
    '["name","environment"]': {column_title: Environment}
    '["name","service_version"]': {column_title: Version}
    '["name","revision"]': {column_title: Revision}
    '["name","region"]': {column_title: Region}
    '["name","first_seen_at"]': {column_title: First seen (UTC)}
    '["name","last_seen_at"]': {column_title: Last seen (UTC)}
    '["name","calls"]': {column_title: Calls to models, number_style: decimal, decimals: 0}
*/
select
    service_name,
    environment,
    service_version,
    revision,
    region,
    first_seen_at,
    last_seen_at,
    calls
from marts.deployments
where {{service}} and {{environment}}
order by last_seen_at desc, service_name, environment, service_version, revision
limit 40
