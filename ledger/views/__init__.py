"""Pages of the ledger: an address becomes one read or one act, and the answer becomes HTML.

`gate` stands before every page of a workspace.
"""
