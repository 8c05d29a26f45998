"""Plain synchronous objects that decide: no await, no clock, no I/O (`now` is an argument)."""
