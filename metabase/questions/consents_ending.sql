/*
name: Which consents end next?
description: >-
  The first 40 consents: those that have ended or are withdrawn, then those that end soonest. Null days:
  nothing ends it.
collection: compliance
display: table
parameters:
  tenant: {label: Tenant, type: string/=, field: [marts, consent_status, tenant_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, consent_status, jurisdiction]}
visualization_settings:
  column_settings:
    '["name","tenant_id"]': {column_title: Tenant}
    '["name","subject_key"]': {column_title: Subject}
    '["name","purpose"]': {column_title: Purpose}
    '["name","status"]': {column_title: Status}
    '["name","expires_at"]': {column_title: Ends (UTC)}
    '["name","days_to_expiry"]': {column_title: Left, decimals: 0, suffix: " days"}
    '["name","is_renewal_due"]': {column_title: Renewal due}
    '["name","jurisdiction"]': {column_title: Jurisdiction}
*/
select
    tenant_id,
    subject_key,
    purpose,
    status,
    expires_at,
    days_to_expiry,
    is_renewal_due,
    jurisdiction
from marts.consent_status
where (status <> 'granted' or days_to_expiry is not null) and {{tenant}} and {{jurisdiction}}
order by case when status = 'granted' then 1 else 0 end, days_to_expiry nulls first, tenant_id, subject_key, purpose
limit 40
