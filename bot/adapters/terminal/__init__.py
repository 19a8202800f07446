"""The terminal: a prompt with completion for people, a pipe for scripts, one conversation behind both."""
