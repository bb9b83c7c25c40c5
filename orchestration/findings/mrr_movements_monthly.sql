select printf(
    '%s: $%s at its start, $%s at its end; new $%s, expansion $%s, churn $%s',
    strftime(month, '%Y-%m'),
    format('{:,.0f}', start_mrr_usd::double),
    format('{:,.0f}', end_mrr_usd::double),
    format('{:,.0f}', new_mrr_usd::double),
    format('{:,.0f}', expansion_mrr_usd::double),
    format('{:,.0f}', churn_mrr_usd::double)
)
from marts.mrr_movements_monthly
order by month desc
limit 1
