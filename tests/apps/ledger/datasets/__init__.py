"""What the ledger exports."""
