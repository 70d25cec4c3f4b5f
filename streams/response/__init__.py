"""Response: signals and commands become incidents and deliveries; the public topics read back."""
