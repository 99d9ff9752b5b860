"""``make fit``: tells whether the datasets and the directory fit a database."""
