"""Commands that print ratios of one interleaved run; see README.md beside this file."""
