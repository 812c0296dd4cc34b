"""Around the shop: a catalogue to sell, a stand-in for Stripe, and systems that hear the shop's events."""
