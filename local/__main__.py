"""``python -m local``: the laptop stack's command line."""

from local.cli import app

app()
