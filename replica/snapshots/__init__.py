"""Snapshots outside of a network: directories as icp-cli keeps them."""
