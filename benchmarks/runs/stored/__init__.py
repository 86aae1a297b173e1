"""What lies in a store, as it is read: every file checked for its form, every run for being the one it says it is."""
