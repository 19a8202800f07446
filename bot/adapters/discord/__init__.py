"""Discord: replies as embeds with buttons, slash commands from the registry, and answers that only the asker sees."""
