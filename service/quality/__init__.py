"""How good a translation probably is: confidence, coverage, what is wrong with it, and a second try."""
