"""What people may ask for, and a person's decision in the place of the policy's."""
