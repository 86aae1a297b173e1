"""What pages are made of: parts that several pages or tables share."""
