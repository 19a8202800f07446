"""Rules that suggest: one file each, with `check(view)`; to add one, add its file and its name to `copilot/recommend.py`."""
