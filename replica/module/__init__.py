"""WebAssembly modules of canisters: what they hold, and how they are made ready to run."""
