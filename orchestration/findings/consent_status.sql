select count(*) filter (status = 'granted') || ' consents granted, ' || count(*) filter (status = 'expired') || ' expired, '
    || count(*) filter (status = 'withdrawn') || ' withdrawn; ' || count(*) filter (is_renewal_due) || ' to renew now'
from marts.consent_status
