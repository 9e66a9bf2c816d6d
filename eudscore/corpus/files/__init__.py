"""From the bytes of a file on this machine to a table."""
