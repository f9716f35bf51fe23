"""Where interfaces come from. The one room of the analyzer that touches the machine."""
