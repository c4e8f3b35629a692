"""The container engine, its images and its host."""
