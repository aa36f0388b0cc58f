"""How one agreement takes the place of another."""
