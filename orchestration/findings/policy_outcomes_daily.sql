select printf('%,d', sum(decisions)::bigint) || ' decisions, ' || printf('%,d', sum(decisions) filter (decision = 'deny')::bigint) || ' of them denials; '
    || printf('%,d', sum(overridden)::bigint) || ' overridden'
from marts.policy_outcomes_daily
