"""The Python interface to what the command line does; ``import runner`` has its public names."""
