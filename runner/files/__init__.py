"""Files that are written whole or not at all, scratch space, and stores by URL."""
