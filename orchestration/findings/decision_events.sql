select printf('%,d', count(distinct decision_id)) || ' decisions in ' || printf('%,d', count(*)) || ' events; the longest replay has ' || max(sequence) || ' steps'
from marts.decision_events
