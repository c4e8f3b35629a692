"""The Python face of what the command line does. ``import runner`` has all of its public names."""
