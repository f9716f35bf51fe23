"""The official checkers, asked in batches; what ctxcheck must agree with."""
