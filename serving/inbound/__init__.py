"""What the form tools of others send here: verified as each of them signs, and read as a form of ours."""
