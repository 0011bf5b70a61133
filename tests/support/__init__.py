"""What several tests need: the cast, and ledgers made through the front door."""
