"""Other languages: their phrases put into English for the rules, and the composed sentences put into theirs; one table a language."""
