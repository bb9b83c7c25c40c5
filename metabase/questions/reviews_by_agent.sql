/*
name: What do human reviewers say?
description: >-
  Reviews of agents by outcome; edited ones were approved after an edit. Reviews without an outcome are in
  none.
collection: quality
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, agent_steps_daily, usage_date]}
  agent: {label: Agent, type: string/=, field: [marts, agent_steps_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, agent_steps_daily, environment]}
visualization_settings:
  graph.dimensions: [agent_name]
  graph.metrics: [approved, edited, rejected]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Reviews
  series_settings: {approved: {color: "#46a37c"}, edited: {color: "#dda032"}, rejected: {color: "#d2564f"}}
  column_settings:
    '["name","agent_name"]': {column_title: Agent}
    '["name","approved"]': {column_title: Approved, number_style: decimal, decimals: 0}
    '["name","edited"]': {column_title: Approved after an edit, number_style: decimal, decimals: 0}
    '["name","rejected"]': {column_title: Rejected, number_style: decimal, decimals: 0}
*/
select
    agent_name,
    sum(review_approved) as approved,
    sum(review_edited) as edited,
    sum(review_rejected) as rejected
from marts.agent_steps_daily
where step_kind = 'review' and {{date}} and {{agent}} and {{environment}}
group by agent_name
order by agent_name
