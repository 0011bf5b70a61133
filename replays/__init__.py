"""Asking again: what would have been decided with another prompt, model or input.

May import `ledger`, `accounts` and `loopgrid_proof`; nothing below imports it.
"""
