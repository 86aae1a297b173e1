"""What code makes of fixed inputs, kept with features and compared, so that changed code never reads old ones."""
