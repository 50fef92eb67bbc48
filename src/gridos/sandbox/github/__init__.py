"""Plays GitHub: repositories, who may see them, and how often they may be asked for."""
