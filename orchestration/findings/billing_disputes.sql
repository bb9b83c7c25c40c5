select printf(
    '%d open, $%s disputed; %d of %d closed ones won',
    count(*) filter (not is_closed),
    format('{:,.0f}', coalesce(sum(amount_usd) filter (not is_closed), 0)::double),
    count(*) filter (status = 'won'),
    count(*) filter (is_closed)
)
from marts.billing_disputes
