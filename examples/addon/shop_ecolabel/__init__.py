"""Eco-labels of products, vouchers as a way to pay, and an authority that hears of sales."""
