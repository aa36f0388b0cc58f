"""How many there are of something, as people say it."""


def counted(count: int, one: str) -> str:
    """1 lead, 2 leads, 1,000 leads."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"
