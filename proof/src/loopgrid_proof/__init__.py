"""The rules of the LoopGrid ledger, without the server.

Anyone can check a ledger with this package alone: it needs the standard library, reads no
clock, opens no connection and draws no randomness. Streams, times and salts come in as
arguments. Modules build on each other in one direction:

    errors, canonical, digests, kinds, headers, merkle, signatures, notes, receipts, meaning,
    verify, cli

Read `headers` first: an entry is a header, and everything else is about keeping headers.
"""

__version__ = "1.0.0"
