"""A stand-in for Shopify's GraphQL Admin API."""
