"""Glossaries that clients have made: read, kept, found again."""
