"""What a person can say and what they get back: registry, grammar, palette, cards, and the front desk that every line goes through."""
