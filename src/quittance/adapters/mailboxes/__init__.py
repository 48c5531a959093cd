"""Mailboxes that are read; each is an entry point of the group `quittance.mailboxes`."""
