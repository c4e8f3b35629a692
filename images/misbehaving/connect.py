"""Opens a TCP connection to the host:port it was built with. Expected: failed."""

import os
import socket

host, _, port = os.environ["MISBEHAVE_ARGUMENT"].rpartition(":")
with socket.create_connection((host, int(port)), timeout=5) as connection:
    connection.sendall(b"hello from the predictor")
