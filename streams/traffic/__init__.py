"""Generated complaints and mentions, and the incidents in them."""
