"""What comes in over HTTP: who sends it, how much, in which form, and whether it can be believed."""
