"""Tables of past leads, and of what became of leads, taken in whole or not at all."""
