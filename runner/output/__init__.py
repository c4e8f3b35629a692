"""What a container wrote, read as hostile input: bytes -> validated stats and a verdict."""
