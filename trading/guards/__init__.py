"""The guards: what stands between an account and its own accidents."""
