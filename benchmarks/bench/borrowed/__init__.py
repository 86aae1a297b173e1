"""What a borrowed accelerator is to tell, in a quarter of an hour."""
