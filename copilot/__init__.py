"""The copilot: free text understood and answered from facts; it proposes and never trades."""
