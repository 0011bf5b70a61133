"""How Django itself writes dates, which only its admin does: as our pages do, in UTC by name."""
