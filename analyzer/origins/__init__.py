"""Where in a Motoko program stands what a compiler made of it: findings then point at what a person wrote."""
