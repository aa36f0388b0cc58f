"""What looks like a bot."""
