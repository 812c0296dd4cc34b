"""The demo shop: a catalogue to look at and the pictures that go with it."""
