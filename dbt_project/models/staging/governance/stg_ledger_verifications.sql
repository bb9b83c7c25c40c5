select
    verified_at,
    recorded_at,
    entry_count,
    damage,
    first_sequence,
    last_sequence,
    agreed,
    sentence

from {{ source('governance', 'ledger_verifications') }}
