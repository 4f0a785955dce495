"""How a network is trained. Nothing here is needed to serve one."""
