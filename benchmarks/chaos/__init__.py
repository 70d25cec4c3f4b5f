"""What an installation of two machines does while its processes are killed."""
