-- A call was processed in a region that the tenant's jurisdiction does not allow for its class of data.
select {{ judgement(unknown='reported') }}
from {{ ref('int_residency') }}
where act = 'processing'
