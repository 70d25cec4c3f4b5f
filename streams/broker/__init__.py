"""The broker: who is let in, its topics and what lies in them; a local one to try things with."""
