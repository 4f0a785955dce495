"""What a translator is, and how one is trained. Never imports ``service``."""
