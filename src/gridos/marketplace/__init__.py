"""Which plugins a user has installed. It decides which connector formulas work in the workbooks that user owns."""

from gridos.marketplace.marketplace import Marketplace, MarketplaceStore

__all__ = ["Marketplace", "MarketplaceStore"]
