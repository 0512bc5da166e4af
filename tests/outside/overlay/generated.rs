pub(super) fn edits_of_random_overlays_change_what_was_asked_for_and_nothing_else() {}
