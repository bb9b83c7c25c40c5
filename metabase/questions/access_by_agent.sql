/*
name: Who reaches for what?
description: "Accesses as seen, by agent and kind of resource, with the share that was refused."
collection: compliance
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, access_patterns_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, access_patterns_daily, tenant_id]}
  agent: {label: Agent, type: string/=, field: [marts, access_patterns_daily, agent_name]}
visualization_settings:
  column_settings:
    '["name","agent_name"]': {column_title: Agent}
    '["name","resource_kind"]': {column_title: Resource}
    '["name","accesses"]': {column_title: Accesses, number_style: decimal, decimals: 0}
    '["name","denied"]': {column_title: Refused, number_style: decimal, decimals: 0}
    '["name","denied_share"]': {column_title: Refused share, number_style: percent, decimals: 1}
    '["name","tenants"]': {column_title: Tenants, number_style: decimal, decimals: 0}
    '["name","appends"]': {column_title: Appends, number_style: decimal, decimals: 0}
    '["name","bytes_written"]': {column_title: Written, decimals: 0, suffix: " bytes"}
*/
select
    agent_name,
    resource_kind,
    sum(accesses) as accesses,
    sum(denied) as denied,
    cast(sum(denied) as double precision) / nullif(sum(accesses), 0) as denied_share,
    count(distinct tenant_id) filter (where tenant_id <> 'unknown') as tenants,
    sum(appends) as appends,
    sum(bytes_written) as bytes_written
from marts.access_patterns_daily
where {{date}} and {{tenant}} and {{agent}}
group by agent_name, resource_kind
order by accesses desc, agent_name, resource_kind
