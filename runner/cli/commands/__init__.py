"""The commands' options and help. Quick to import: what a command does is imported to do it."""
