"""Makes an error whose message would quote terminal codes.

promise: 8
expected: invalid_output, duplicate_key
"""

import json

from _attempt import write_predictions

key = json.dumps("\x1b[2J\x1b[31mscored\n<script>alert(1)</script>")
write_predictions(f"{{{key}: 1, {key}: 2}}")
