"""A stand-in for the part of Stripe's API that reads charges and subscriptions (API version 2026-10-28)."""
