"""`python -m amxperf`."""

from .cli import main

raise SystemExit(main())
