"""One command starts and stops a whole LoopGrid: database, broker, web, worker, beat, notary.

Only `manage.py` and tests come here; in production each process is started by its own supervisor.
"""
