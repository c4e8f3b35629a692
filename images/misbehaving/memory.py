"""Takes memory until it is stopped.

promise: 4
expected: out_of_memory
"""

taken = []
while True:
    taken.append(b"x" * 16 * 1024 * 1024)
