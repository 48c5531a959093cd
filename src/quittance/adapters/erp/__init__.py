"""Readers of what accounting software writes: FEC and tables of any layout."""
