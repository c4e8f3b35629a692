"""What a user sees of long work: bars and counts on a terminal, plain lines elsewhere."""
