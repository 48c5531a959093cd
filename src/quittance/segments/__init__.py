"""Segments: which accounts belong together, by rules, with the days on which they did."""
