"""A person looks at a result, decides about edges, and sees what that changes."""
