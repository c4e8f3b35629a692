"""Takes memory until it is stopped. Expected: out_of_memory."""

taken = []
while True:
    taken.append(b"x" * 16 * 1024 * 1024)
