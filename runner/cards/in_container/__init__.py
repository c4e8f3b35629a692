"""What runs in a cell's container: its nodes, its symbols, its claim, by the rules of MAGNET 0.1.0.

It is staged with the cell's inputs and needs nothing of the runner, only Python (pandas for symbols
that are evidence); so its modules import each other by relative names.
"""
