"""The trading core: the only room from which anything can reach a broker."""
