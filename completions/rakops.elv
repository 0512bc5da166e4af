# Completion of rakops for Elvish: eval (rakops completions elvish | slurp)
set edit:completion:arg-completer[rakops] = {|@words|
    tmp E:RAKOPS_COMPLETE = elvish
    rakops -- $@words | from-lines
}
