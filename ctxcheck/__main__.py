"""`python -m ctxcheck`."""

from ctxcheck.main import main

main()
