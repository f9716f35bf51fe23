"""What clients send: reading it within bounds, and finding out who sent it."""
