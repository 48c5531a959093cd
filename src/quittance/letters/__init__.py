"""Letters: typeset as PDF, gathered in batches for printing."""
