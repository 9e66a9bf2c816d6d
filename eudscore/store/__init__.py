"""The only room that knows folders: what is read, scored and laid out is kept here, once."""
