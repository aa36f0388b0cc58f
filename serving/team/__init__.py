"""Who has a lead: who is there, who gets it and by when, and what the clock does about it."""
