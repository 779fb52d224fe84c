"""How hypothesis runs here: no example has a deadline, because machines are shared."""

from hypothesis import settings

settings.register_profile("dust", deadline=None, print_blob=True)
if settings.get_current_profile_name() == "default":  # with CI set, hypothesis chooses `ci`
    settings.load_profile("dust")
