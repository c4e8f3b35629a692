"""Makes a vsock socket, the way from a virtual machine to its host past every IP network.

promise: 1
expected: scored
"""

import errno
import socket

from _attempt import attempt, write_predictions

refusals = (errno.EPERM, errno.EAFNOSUPPORT)
attempt("vsock", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM), *refusals)
write_predictions()
