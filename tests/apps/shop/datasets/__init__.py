"""What the shop exports."""
