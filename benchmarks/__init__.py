"""The measurements of ``make bench``; each runs together with what it is compared to."""
