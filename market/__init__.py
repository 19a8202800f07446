"""Prices and news: what the market says, from whichever source is wired in."""
