# Completion of rakops for fish: rakops completions fish | source
complete --command rakops --no-files --keep-order --arguments '(
    RAKOPS_COMPLETE=fish rakops -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
)'
