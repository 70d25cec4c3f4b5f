"""Two sets of rules over one history, and whether one may take the other's place."""
