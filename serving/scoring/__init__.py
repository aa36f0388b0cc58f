"""The scorer that serves now, and scoring again what it could not score."""
