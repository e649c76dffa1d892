"""Valid inputs, what is done to them, and the readers that have to bear it."""
