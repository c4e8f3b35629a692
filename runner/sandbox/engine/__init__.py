"""The container engine, its images and its host. The only package that imports docker."""
