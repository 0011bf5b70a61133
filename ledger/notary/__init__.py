"""The process that signs: it reads what is new, checks it like a stranger, and remembers.

It has its own key and its own memory outside PostgreSQL, and never signs over a history that
changed. No web or worker process imports this room; management commands do.
"""
