"""An upgrade tried out: the exact bytes and arguments on a copy of the state, in a process of its own."""
