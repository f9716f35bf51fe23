"""Two versions in, a report out: the relation's answer and the edits that explain it."""
