"""One script per figure; `python -m benchmarks` runs them all and prints the table of docs/benchmarks.md."""
