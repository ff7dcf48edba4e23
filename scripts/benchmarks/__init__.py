"""What `scripts/bench.py` measures: a module for each part, and what they share."""
