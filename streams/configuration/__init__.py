"""What an installation may set: the sections of the settings and the rules of their values."""
