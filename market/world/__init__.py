"""The simulated world: every price, headline and release is a pure function of a seed, the stored shocks and an instant."""
