"""`python -m loopgrid_proof` is `loopgrid-verify`."""

from __future__ import annotations

import sys

from loopgrid_proof.cli import main

sys.exit(main())
