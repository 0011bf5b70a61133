"""What the ledger can show to others.

May import `ledger` and `accounts`; counts ledger entries only and reads neither `replays` nor
`reviews`.
"""
