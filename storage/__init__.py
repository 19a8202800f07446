"""Tables, journal and outbox: what must survive a crash, kept by one writer at a time."""
