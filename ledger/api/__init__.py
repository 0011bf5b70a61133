"""The ledger to programs: one door per noun, each with one call inward.

A door reads what was sent, calls a verb or a query, and writes the answer; it opens no transaction
and touches no table. `base` is what every door shares, `problems` is every refusal there is,
`objects` writes a decision. Each module offers `urlpatterns`, which `ledger.urls` puts together.
"""
