"""The wire: what every step, endpoint and table row looks like from outside."""
