"""What ``make bench`` measures, each against what it is compared with, in one session."""
