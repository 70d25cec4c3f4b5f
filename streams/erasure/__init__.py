"""A person leaves what Tocsin keeps."""
