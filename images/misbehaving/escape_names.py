"""Names what it predicts beside the target by terminal codes, HTML and a spreadsheet's formula.

promise: 8
expected: scored
"""

import json

from _attempt import VALID, write_predictions

NAMES = (
    "\x1b]0;owned\x07\x1b[2J\x1b[1;1Hscored",
    "\r\n| forged | row |",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    '=HYPERLINK("http://example.invalid")',
    "+1+1",
    "@SUM(1)",
    "\u202escored\u202c",
)

document = json.loads(VALID)
for name in NAMES:
    document["predictions"][name] = [{"name": {"name": name, "split": name}, "mean": 1.0}]
write_predictions(json.dumps(document))
