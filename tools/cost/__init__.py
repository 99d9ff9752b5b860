"""``make cost``: what a stage costs each month before its first export."""
