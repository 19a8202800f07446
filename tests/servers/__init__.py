"""Local servers that speak the protocols of vendors, strictly, with faults on demand."""
