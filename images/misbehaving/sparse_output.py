"""Writes a sparse output of a tebibyte or as much as allowed. Expected: output_limit."""

import os
import resource

limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
size = 2**40 if limit == resource.RLIM_INFINITY else limit
os.truncate(os.open("/output/predictions.json", os.O_CREAT | os.O_WRONLY), size)
