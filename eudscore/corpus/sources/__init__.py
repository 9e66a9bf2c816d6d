"""From what a person names to files on this machine: paths, folders, addresses, the Hub, uploads."""
