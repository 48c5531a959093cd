"""Ways out for messages; each is an entry point of the group `quittance.channels`."""
