"""Which rows to keep: arrays in, row numbers out; numpy only, in milliseconds."""
