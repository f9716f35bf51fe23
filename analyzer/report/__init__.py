"""A change set as something to read. Printing stays apart from checking: nothing here decides."""
