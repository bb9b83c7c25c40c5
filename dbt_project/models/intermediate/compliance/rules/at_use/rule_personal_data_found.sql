-- Personal data or a secret stands in what was kept, although redaction has been there. One record for each day, bronze
-- table, sender, tenant, place and detector: one setting of a sender decides for all its records. Where nothing was
-- found, one for each day, table and sender.
with

-- A record without a time counts on the day on which it landed.
findings as (

    select
        * replace (coalesce(sender, 'unknown') as sender),
        coalesce(event_date, cast(ingested_at as date)) as usage_date,
        coalesce(occurred_at, ingested_at) as started_at

    from {{ ref('stg_personal_data_findings') }}
    qualify row_number() over (
        partition by table_name, record_digest, place, start_offset, detector
        order by load_id asc
    ) = 1

),

scanned as (

    select
        event_date as usage_date,
        table_name,
        coalesce(sender, 'unknown') as sender,
        min(load_id) as load_id

    from {{ ref('stg_personal_data_scanned') }}
    where event_date is not null
    group by event_date, table_name, coalesce(sender, 'unknown')

),

detectors as (

    select * from {{ ref('redaction_detectors') }}

),

spans as (

    select * from {{ ref('int_spans') }}

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'personal_data_found'

),

counted as (

    select
        findings.*,
        detectors.version as policy_version

    from findings
    left join detectors
        on findings.detector = detectors.detector
        and detectors.applies_to in (findings.table_name, '*')
        and {{ in_force('detectors', 'findings.started_at') }}
    where findings.detector = 'not scanned' or detectors.detector is not null
    qualify row_number() over (
        partition by
            findings.table_name,
            findings.record_digest,
            findings.place,
            findings.start_offset,
            findings.detector
        order by detectors.applies_to desc
    ) = 1

),

placed as (

    select
        counted.* replace (coalesce(counted.tenant_id, spans.tenant_id) as tenant_id),
        spans.agent_name,
        spans.workflow_id,
        spans.jurisdiction

    from counted
    left join spans
        on counted.trace_id = spans.trace_id
        and counted.span_id = spans.span_id
        and counted.usage_date = spans.span_date

),

-- The first of them stands for all.
found as (

    select
        * exclude (event_date, ingested_at, occurred_at),
        count(*) over (
            partition by usage_date, table_name, sender, tenant_id, place, detector
        ) as findings

    from placed
    qualify row_number() over (
        partition by usage_date, table_name, sender, tenant_id, place, detector
        order by started_at, record_digest, start_offset
    ) = 1

),

senders_with_findings as (

    select
        usage_date,
        table_name,
        sender

    from counted
    group by usage_date, table_name, sender

),

-- Nothing was found: compliant only where somebody was looking.
clean as (

    select
        scanned.*,
        max(detectors.version) as policy_version

    from scanned
    left join detectors
        on scanned.usage_date < coalesce(detectors.valid_to, timestamp '9999-12-31')
        and {{ dbt.dateadd('day', 1, 'scanned.usage_date') }} > detectors.valid_from
        and detectors.applies_to in (scanned.table_name, '*')
    left join senders_with_findings
        on scanned.usage_date = senders_with_findings.usage_date
        and scanned.table_name = senders_with_findings.table_name
        and scanned.sender = senders_with_findings.sender
    where senders_with_findings.sender is null
    group by scanned.usage_date, scanned.table_name, scanned.sender, scanned.load_id

),

decided as (

    select
        *,
        case when detector = 'not scanned' then 'unknown' else 'violation' end as verdict

    from found

    union all by name

    select
        *,
        cast(usage_date as timestamp) as started_at,
        case when policy_version is null then 'unknown' else 'compliant' end as verdict

    from clean

),

judged as (

    select
        decided.*,
        'sender_day' as record_kind,
        concat_ws(
            ' ',
            decided.usage_date,
            decided.table_name,
            decided.sender,
            coalesce(decided.tenant_id, '-'),
            decided.place,
            decided.detector
        ) as record_id,
        case when decided.detector = 'secret' then 'critical' else 'high' end as severity,
        'Redact it where it is sent, erase what was kept; call back a secret.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'table': 'decided.table_name',
            'sender': 'decided.sender',
            'place': 'decided.place',
            'detector': 'decided.detector',
            'findings': 'decided.findings',
            'record_digest': 'decided.record_digest',
            'start_offset': 'decided.start_offset',
            'end_offset': 'decided.end_offset',
            'value_hash': 'decided.value_hash',
        }) }} as evidence

    from decided
    left join runbooks
        on {{ in_force('runbooks', 'decided.started_at') }}

)

select {{ judgement(without=['vault_path']) }}
from judged
