select
    'clearest loss: ' || agent_name || ', ' || evaluator || ' ' || printf('%+.2f', quality_delta) || ' ['
    || printf('%+.2f', quality_low) || ', ' || printf('%+.2f', quality_high) || '] under ' || candidate || ' against ' || baseline
from marts.model_comparison
where verdict = 'regress' and compared_on = 'release_train'
order by quality_high
limit 1
