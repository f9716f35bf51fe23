"""Its HTTP side: certificates, requests, the interface; real clients over real HTTP."""
