"""From a valid form to a stored decision, at its arrival and again later."""
