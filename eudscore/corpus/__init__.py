"""What is scored: reading a source, finding the text and the label in it, and its profile."""
