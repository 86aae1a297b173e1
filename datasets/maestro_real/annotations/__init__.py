"""What annotators say of recordings: the files of labels and lists, line by line."""
