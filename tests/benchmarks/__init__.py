"""How fast the program is, in figures: `make bench`.  docs/benchmarks.md says what each means."""
