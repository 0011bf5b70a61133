#!/usr/bin/env python3
"""The one entry: `up` runs the product, `test` its suite, `lint` its checks; the rest is Django's.

Nothing needs to be installed before the first of these commands. This file and
`loopgrid_site.embedded.bootstrap` therefore use the standard library alone.
"""

from __future__ import annotations

import sys

from loopgrid_site.embedded import bootstrap


def main() -> int:
    """Run the command in `sys.argv` and return its exit status."""
    command, arguments = (sys.argv[1] if len(sys.argv) > 1 else "help"), sys.argv[2:]
    if command in bootstrap.HOUSE_COMMANDS:
        return house(command, arguments)
    bootstrap.find_django()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
    return 0


def house(command: str, arguments: list[str]) -> int:
    """Set up what is missing, then run `up`, `test` or `lint`."""
    environment = bootstrap.ensure(command)
    if command == "up":
        from loopgrid_site.embedded import supervisor

        return supervisor.up(arguments, environment)
    if command == "test":
        from loopgrid_site.embedded import suite

        return suite.run(arguments, environment)
    from loopgrid_site.embedded import checks

    return checks.run(environment)


if __name__ == "__main__":
    sys.exit(main())
