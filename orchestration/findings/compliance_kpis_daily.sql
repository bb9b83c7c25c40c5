select printf('%.1f %% of ', 100.0 * sum(unknown) / sum(evaluated)) || printf('%,d', sum(evaluated)::bigint)
    || ' judgements could not be made; ' || printf('%,d', sum(open_exceptions) filter (kpi_date = newest)::bigint) || ' exceptions are open'
from (select *, max(kpi_date) over () as newest from marts.compliance_kpis_daily)
