"""What the pages share: the look, the routes of the binary columns, the map component."""
