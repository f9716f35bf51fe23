"""Walk two type graphs side by side: what differs, where, and what each difference does."""
