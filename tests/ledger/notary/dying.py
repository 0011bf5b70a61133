"""A real notary process that kills itself right after a step, or says that it came so far.

python dying.py ORIGIN STEP (kill|say)
"""

from __future__ import annotations

import os
import signal
import sys

import django
from django.core.management import call_command

STEPS = {
    "compare": "rounds.compare",
    "keep alive": "rounds.keep_alive",
    "read": "suffix.read_suffix",
    "flush": "suffix.flush",
    "intend": "rounds.intend",
    "sign": "rounds.sign",
    "log": "rounds.log_note",
    "promote": "rounds.promote",
    "publish": "rounds.publish",
}


def main(origin: str, step: str, manner: str) -> None:
    from ledger.notary import rounds, suffix

    room, name = STEPS[step].split(".")
    module = {"rounds": rounds, "suffix": suffix}[room]
    original = getattr(module, name)

    def ending(*args, **more):
        result = original(*args, **more)
        if manner == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        print("reached", flush=True)
        return result

    setattr(module, name, ending)
    call_command("notary", only=[origin])


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])
