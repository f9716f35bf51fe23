"""The declarations of a Motoko program, read without a compiler: approximately, and said to be so."""
