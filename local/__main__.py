"""``python -m local``: the command line of the laptop stack."""

from local.cli import app

app()
