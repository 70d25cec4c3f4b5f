"""The complaint simulation: how soon an incident is found at one false alarm a week."""
