"""Benchmarks: scripts that print ratios to look at. Nothing here asserts, and pytest collects nothing."""
