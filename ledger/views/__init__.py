"""Pages of the ledger. A view translates an address into one read or one act, and the answer into HTML.

`gate` stands before every page of a workspace; `addresses` is included by `ledger.urls`.
"""
