"""Leads of marketing: scored again by what they do, and brought back to sales."""
