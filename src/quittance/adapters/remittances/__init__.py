"""Readers of what payers send of a payment."""
