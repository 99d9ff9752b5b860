"""Many organisations start at once while many people poll, on the laptop stack."""
