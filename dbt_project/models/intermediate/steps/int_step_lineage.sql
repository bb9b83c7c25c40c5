{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_touched_traces() }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Where a span stands in its trace. It is read from the roots down, so a cycle of parents, which no root reaches,
-- ends nothing in a loop.
with recursive

spans as (

    select
        trace_id,
        span_id,
        span_date,
        parent_span_id,
        graph_node_id,
        graph_node_parent_id

    from {{ ref('int_spans') }}
    where
        {{ in_days('span_date', touched_trace_days()) }}
        and {{ is_touched_trace('trace_id') }}

),

placed as (

    select
        spans.*,
        spans.parent_span_id is not null and above.span_id is null as is_span_orphan,
        above.span_id as parent_in_trace,
        above.graph_node_id as parent_node_id

    from spans
    left join spans as above
        on spans.trace_id = above.trace_id
        and spans.parent_span_id = above.span_id

),

-- The node that a span stands in is the one that it names, else that of the span above it.
reached as (

    select
        trace_id,
        span_id,
        cast(null as varchar) as node_above,
        graph_node_id as node_within

    from placed
    where parent_in_trace is null

    union all

    select
        placed.trace_id,
        placed.span_id,
        reached.node_within as node_above,
        coalesce(placed.graph_node_id, reached.node_within) as node_within

    from reached
    inner join placed
        on reached.trace_id = placed.trace_id
        and reached.span_id = placed.parent_in_trace

),

transitions as (

    select
        trace_id,
        graph_node_id,
        graph_node_parent_id

    from spans
    where graph_node_id is not null and graph_node_parent_id is not null
    group by trace_id, graph_node_id, graph_node_parent_id
    -- No graph has more; of a trace that says so no loops are looked for.
    qualify count(*) over (partition by trace_id) <= 1000

),

-- Every node before a node, found once each: a loop of nodes comes to its end.
nodes_before as (

    select
        trace_id,
        graph_node_id,
        graph_node_parent_id as node_before

    from transitions

    union

    select
        nodes_before.trace_id,
        nodes_before.graph_node_id,
        transitions.graph_node_parent_id as node_before

    from nodes_before
    inner join transitions
        on nodes_before.trace_id = transitions.trace_id
        and nodes_before.node_before = transitions.graph_node_id

),

looping_nodes as (

    select
        trace_id,
        graph_node_id

    from nodes_before
    where graph_node_id = node_before

),

known_nodes as (

    select
        trace_id,
        graph_node_id

    from spans
    where graph_node_id is not null
    group by trace_id, graph_node_id

)

select
    placed.trace_id,
    placed.span_id,
    placed.span_date,
    placed.graph_node_id is not null
    and placed.graph_node_id != coalesce(reached.node_above, placed.parent_node_id, '') as is_node_entry,
    placed.is_span_orphan
    or (placed.graph_node_parent_id is not null and known_nodes.graph_node_id is null) as is_orphan,
    reached.span_id is null or looping_nodes.graph_node_id is not null as is_cyclic

from placed
left join reached
    on placed.trace_id = reached.trace_id
    and placed.span_id = reached.span_id
left join known_nodes
    on placed.trace_id = known_nodes.trace_id
    and placed.graph_node_parent_id = known_nodes.graph_node_id
left join looping_nodes
    on placed.trace_id = looping_nodes.trace_id
    and placed.graph_node_id = looping_nodes.graph_node_id
order by placed.span_date
