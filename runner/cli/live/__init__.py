"""Shows the progress of long work: bars and counts on a terminal, plain lines elsewhere."""
