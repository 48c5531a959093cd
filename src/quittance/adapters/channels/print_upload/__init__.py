"""Letters handed to a print-and-post provider: over SFTP (`sftp`) or HTTPS (`https`)."""
