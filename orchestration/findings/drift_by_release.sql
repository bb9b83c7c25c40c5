select
    count(*) filter (verdict = 'regress') || ' of ' || count(previous_release_train) || ' releases seen by an evaluator got worse than the one before, '
    || count(*) filter (input_mix_band = 'shifted') || ' with another mix of inputs'
from marts.drift_by_release
