"""The WSGI entry point of the web process."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import platform
import signal

from django.core.wsgi import get_wsgi_application

from loopgrid_site import env, starting

PR_SET_PDEATHSIG = 1


def end_with_the_server() -> None:
    """Make a worker of the web server end when the server's own process is killed.

    Left behind it would hold the port. Killed at any point it loses nothing that was acknowledged.
    Only Linux can do this; elsewhere an orphan ends when it is told to.
    """
    server = multiprocessing.parent_process()
    if server is None or platform.system() != "Linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server.pid:
        os.kill(os.getpid(), signal.SIGKILL)


def spare_the_collector() -> None:
    """Never look for unreachable cycles among what was loaded at start."""
    gc.collect()
    gc.freeze()


end_with_the_server()
env.choose_settings()
application = get_wsgi_application()
starting.check()
spare_the_collector()
