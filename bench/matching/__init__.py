"""How often bank lines are matched rightly, wrongly, or left to a person, on cases with known answers."""
