"""What a person can do; the only layer that joins core, store, bus and content."""
