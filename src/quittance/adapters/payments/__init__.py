"""Files of payments: debits to the bank (pain.008), answers of the bank (pain.002)."""
