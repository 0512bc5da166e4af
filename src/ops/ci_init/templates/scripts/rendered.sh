# What the change reaches, and what it makes of each overlay there: rendered before and after, Secrets left out.
work=$(mktemp -d)
base=$(git merge-base "$BASE" "$HEAD")
git worktree add --quiet --detach "$work/base" "$base"
git worktree add --quiet --detach "$work/head" "$HEAD"
rakops impact "$base..$HEAD" -o json > "$work/impact.json"
rakops impact "$base..$HEAD" > "$work/impact.txt" 2>&1
for side in base head; do
  rakops -C "$work/$side" overlay list -o json > "$work/$side.json" || echo '{"overlays": []}' > "$work/$side.json"
done
jq -r --slurpfile base "$work/base.json" --slurpfile head "$work/head.json" '
  [.environments[] | select(.reached) | .name] as $reached
  | [($base + $head)[].overlays[]? | select(.environment as $it | any($reached[]; . == $it)) | .directory]
  | unique[]' "$work/impact.json" > "$work/directories"
render() { # SIDE DIRECTORY: what would be applied, in a file called SIDE.yaml
  : > "$work/$1.yaml"
  [ -e "$work/$1/$2" ] || return 0
  if ! $KUSTOMIZE "$work/$1/$2" > "$work/all.yaml" 2> "$work/trouble"; then
    { echo "# this cannot be rendered:"; sed "s|$work/$1/||g; s/^/# /" "$work/trouble"; } > "$work/$1.yaml"
    return 1
  fi
  awk 'BEGIN { RS = "\n---\n" }
    /(^|\n)kind: Secret(\n|$)/ { print "---\n# a Secret, left out"; next }
    { print "---\n" $0 }' "$work/all.yaml" > "$work/$1.yaml"
}
fence() { # FILE: more tildes than stand in a row in the file, so that no line of it ends the block
  awk 'BEGIN { most = 11 }
    { while (match($0, /~+/)) { if (RLENGTH > most) most = RLENGTH; $0 = substr($0, RSTART + RLENGTH) } }
    END { while (most-- >= 0) printf "~" }' "$1"
}
many=$(wc -l < "$work/directories")
room=$((48000 / (many + 1)))
failed=
fence=$(fence "$work/impact.txt")
{
  echo '### What this change reaches'
  echo
  echo "${fence}text"
  cat "$work/impact.txt"
  echo "$fence"
} > "$COMMENT"
while IFS= read -r directory; do
  render base "$directory" || :
  render head "$directory" || failed="$failed $directory"
  diff -U 3 -L "a/$directory" -L "b/$directory" "$work/base.yaml" "$work/head.yaml" > "$work/diff" || :
  if [ ! -s "$work/diff" ]; then
    printf '\n<code>%s</code> renders as before.\n' "$directory" >> "$COMMENT"
    continue
  fi
  fence=$(fence "$work/diff")
  added=$(grep -c '^+' "$work/diff" || :)
  removed=$(grep -c '^-' "$work/diff" || :)
  {
    printf '\n<details><summary><code>%s</code>: %s lines added, %s removed</summary>\n\n' \
      "$directory" "$((added - 1))" "$((removed - 1))"
    echo "${fence}diff"
    head -c "$room" "$work/diff" | iconv -c -f UTF-8 -t UTF-8 || :
    echo
    echo "$fence"
    [ "$(wc -c < "$work/diff")" -le "$room" ] || printf '\nThe rest is too long for a comment.\n'
    printf '\n</details>\n'
  } >> "$COMMENT"
done < "$work/directories"
git worktree remove --force "$work/base"
git worktree remove --force "$work/head"
if [ -n "$failed" ]; then
  echo "cannot be rendered:$failed" >&2
  exit 1
fi
