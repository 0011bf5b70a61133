"""People's work on decisions: the pages on which a decision is read and judged.

Facts are verbs of `ledger.reviewing`; this room only brings people to them. It may import
`replays`, `ledger` and `accounts`, never `compliance`. Read `views.py` first.
"""
