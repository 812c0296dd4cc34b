"""Reference consumers of the shop's events: what fulfilment, accounting, inventory, CRM and support could be.

Separate programs: they know the shop by its queues, its schemas in docs/events and its HTTP API alone.
"""
