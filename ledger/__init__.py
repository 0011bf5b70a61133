"""The ledger: record, review, read and prove.

`append` is the only writer and only verb modules may import it; `queries` only reads; doors
(`api`, `views`, `tasks`, `management`) make one call inward. `notary` runs as its own process.
May import `accounts` and `loopgrid_proof`. Read `append.py`, then `recording.py`, then `states.py`.
"""
