"""From the lines of a file to items, changes, applied letter groups and closures: one statement per stage."""
