"""GitHub's workflow files and actions, as somebody else wrote them."""
