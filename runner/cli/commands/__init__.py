"""The commands' options and help. Quick to import: a command's code is imported when it runs."""
