"""From a problem and a program to outcome probabilities and one value a token."""
