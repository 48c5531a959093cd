"""From the columns of somebody's file to the fields of the ledger: pure rules."""
