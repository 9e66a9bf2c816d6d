"""Jobs: a run is a folder. Its process works alone; who wants to know reads the folder."""
