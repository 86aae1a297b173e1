"""What lies on the device in training: batches gathered from features in memory."""
