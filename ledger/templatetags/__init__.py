"""What templates may ask for: marks of the ledger, and content made readable."""
