"""What is told of a lead afterwards: outcomes, answers of its owner, engagements."""
