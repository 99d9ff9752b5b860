"""The static gates of ``make check``, all offline."""
