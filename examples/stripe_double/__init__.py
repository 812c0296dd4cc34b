"""A stand-in for the parts of Stripe that the shop uses, written from its published API reference."""
