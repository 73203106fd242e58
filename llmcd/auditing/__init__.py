"""Is this expert worth listening to?"""
