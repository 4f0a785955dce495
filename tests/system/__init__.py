"""Tests against the running stack of docker-compose.yml."""
