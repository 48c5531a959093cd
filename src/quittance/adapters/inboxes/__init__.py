"""Places where files are left for us."""
