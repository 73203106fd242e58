"""Run the command line with ``python -m llmcd``."""

import sys

from llmcd.cli import main

sys.exit(main())
