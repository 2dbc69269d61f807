"""`python -m nnspec`, the same as `nnspec`."""

import sys

from .cli.main import main

sys.exit(main())
