"""What `/` lines answer: one file per group, one function per command, every figure with the fact behind it."""
