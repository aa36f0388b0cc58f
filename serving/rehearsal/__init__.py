"""A week played through an agreement before anybody signs it."""
