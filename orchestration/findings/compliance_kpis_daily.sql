select printf('%.1f %% of ', 100.0 * sum(unknown) / sum(evaluated)) || printf('%,d', sum(evaluated)::bigint)
    || ' judgements could not be made; ' || printf('%,d', sum(violations)::bigint) || ' were violations'
from marts.compliance_kpis_daily
