class Refusal(Exception):
    """The call or its input was wrong; the message names the place and the remedy (exit code 2)."""


class Failure(Exception):
    """The job itself failed; the message says what is left in place (exit code 1)."""
