/*
name: Was data used without consent?
description: Exceptions a day of the rules about consent; unknown where no record of consent tells.
collection: compliance
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_exceptions, occurred_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, compliance_exceptions, tenant_id]}
  agent: {label: Agent, type: string/=, field: [marts, compliance_exceptions, agent_name]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, compliance_exceptions, jurisdiction]}
visualization_settings:
  graph.dimensions: [occurred_on, finding]
  graph.metrics: [exceptions]
  series_settings: {unknown: {color: "#98a3af"}, consent_expired: {color: "#dda032"}, consent_missing: {color: "#8c6bc0"}, consent_withdrawn: {color: "#d2564f"}}
  stackable.stack_type: stacked
  graph.y_axis.title_text: Calls a day
  column_settings:
    '["name","occurred_on"]': {column_title: Day (UTC)}
    '["name","finding"]': {column_title: Finding}
    '["name","exceptions"]': {column_title: Calls, number_style: decimal, decimals: 0}
*/
select
    cast(occurred_at as date) as occurred_on,
    case
        when verdict = 'unknown' then 'unknown'
        else rule_id
    end as finding,
    count(*) as exceptions
from marts.compliance_exceptions
where rule_id like 'consent%' and occurred_at is not null and {{date}} and {{tenant}} and {{agent}} and {{jurisdiction}}
group by 1, 2
order by 1, 2
