# Completion of rakops for bash: source <(rakops completions bash)
# The line goes to rakops as it was typed, because bash cuts words at `:` and `=`; rakops answers with what comes
# after the last cut.
_rakops() {
    local program candidate
    program=$(type -P -- "$1") || program=rakops
    COMPREPLY=()
    while IFS= read -r candidate || [[ -n $candidate ]]; do
        COMPREPLY+=("$candidate")
    done < <(RAKOPS_COMPLETE=bash RAKOPS_COMPLETE_CUTS=$COMP_WORDBREAKS \
        "$program" -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/:] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
if ((BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4))); then
    complete -o nosort -F _rakops rakops
else
    complete -F _rakops rakops
fi
