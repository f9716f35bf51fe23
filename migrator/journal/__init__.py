"""What a run did and was about to do: written down before and after each effect, and never changed."""
