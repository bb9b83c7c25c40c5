/*
name: Which steps of agents fail?
description: "The 40 nodes of graphs, tools and reviews with the largest share of failed steps, weighted by sampling."
collection: reliability
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, agent_steps_daily, usage_date]}
  agent: {label: Agent, type: string/=, field: [marts, agent_steps_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, agent_steps_daily, environment]}
visualization_settings:
  column_settings:
    '["name","agent_name"]': {column_title: Agent}
    '["name","step_kind"]': {column_title: Kind}
    '["name","step_name"]': {column_title: Step}
    '["name","steps"]': {column_title: Steps, number_style: decimal, decimals: 0}
    '["name","failed_share"]': {column_title: Failed, number_style: percent, decimals: 1}
    '["name","cyclic_steps"]': {column_title: In loops, number_style: decimal, decimals: 0}
    '["name","orphan_steps"]': {column_title: Without their parent, number_style: decimal, decimals: 0}
*/
select
    agent_name,
    step_kind,
    step_name,
    sum(steps) as steps,
    sum(failed_steps) / nullif(sum(steps), 0) as failed_share,
    sum(cyclic_steps) as cyclic_steps,
    sum(orphan_steps) as orphan_steps
from marts.agent_steps_daily
where {{date}} and {{agent}} and {{environment}}
group by agent_name, step_kind, step_name
order by failed_share desc, agent_name, step_kind, step_name
limit 40
