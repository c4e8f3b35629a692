"""Declares a VOLUME that is no absolute path, so that the engine makes something else of it.

promise: 3
expected: failed
volume: data
"""

from _attempt import harm

harm("it was started")
