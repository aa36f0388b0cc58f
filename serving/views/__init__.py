"""What people and programs read: the queue, a lead's story, what scores."""
