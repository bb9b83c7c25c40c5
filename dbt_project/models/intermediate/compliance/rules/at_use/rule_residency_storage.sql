-- Data were stored in a region that the tenant's jurisdiction does not allow for their class.
select {{ judgement() }}
from {{ ref('int_residency') }}
where act = 'storage'
