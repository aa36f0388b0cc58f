"""What the outside hears, in a webhook or a mail."""
