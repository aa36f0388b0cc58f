"""What sales and marketing owed each other, and what happened."""
