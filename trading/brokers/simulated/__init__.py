"""The simulated venue behind the paper broker: its orders, its prices, its rules and the bars it lives on; pure but for the bar feed."""
