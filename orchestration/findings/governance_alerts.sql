select printf(
    '%,d raised, %,d open; most to %s about %s',
    count(*),
    count(*) filter (state in ('open', 'escalated')),
    mode(audience),
    mode(rule_id)
)
from marts.governance_alerts
having count(*) > 0
