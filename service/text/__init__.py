"""What happens to text around the network: pure functions of strings."""
