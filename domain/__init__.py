"""The words of the house: values, events, ports, clock and errors; it knows nobody but the standard library."""
