/*
name: What may the data be used for?
description: "Consents as they stand now, by purpose."
collection: compliance
display: bar
parameters:
  tenant: {label: Tenant, type: string/=, field: [marts, consent_status, tenant_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, consent_status, jurisdiction]}
visualization_settings:
  graph.dimensions: [purpose]
  graph.metrics: [granted, renewal_due, expired, withdrawn]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Consents
  series_settings: {granted: {color: "#46a37c"}, renewal_due: {color: "#dda032"}, expired: {color: "#d2564f"}, withdrawn: {color: "#98a3af"}}
  column_settings:
    '["name","purpose"]': {column_title: Purpose}
    '["name","granted"]': {column_title: Granted, number_style: decimal, decimals: 0}
    '["name","renewal_due"]': {column_title: Renewal due, number_style: decimal, decimals: 0}
    '["name","expired"]': {column_title: Expired, number_style: decimal, decimals: 0}
    '["name","withdrawn"]': {column_title: Withdrawn, number_style: decimal, decimals: 0}
*/
select
    purpose,
    count(*) filter (where status = 'granted' and not coalesce(is_renewal_due, false)) as granted,
    count(*) filter (where status = 'granted' and is_renewal_due) as renewal_due,
    count(*) filter (where status = 'expired') as expired,
    count(*) filter (where status = 'withdrawn') as withdrawn
from marts.consent_status
where {{tenant}} and {{jurisdiction}}
group by purpose
order by purpose
