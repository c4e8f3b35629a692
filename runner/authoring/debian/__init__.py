"""Packages of the system: from a list of names to .deb files with digests."""
