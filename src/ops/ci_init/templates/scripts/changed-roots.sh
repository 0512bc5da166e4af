# Which roots the change touches: those with a changed file below them, and all of them where a file of
# Terraform changed that lies below none, such as a module.
git diff --name-only --no-renames "$BASE...$HEAD" > changed-files
roots=$(jq -cRn --arg roots "$ROOTS" '
  def below($root): $root == "." or startswith($root + "/");
  ($roots | split("\n") | map(select(. != ""))) as $roots
  | [inputs | ltrimstr("\"")] as $files
  | any($files[]; test("\\.(tf|tofu|tfvars|tftpl)(\\.json)?\"?$") and (. as $file | all($roots[]; . as $root | $file | below($root) | not))) as $shared
  | [$roots[] | select($shared or (. as $root | any($files[]; below($root))))]' < changed-files)
rm changed-files
echo "changed roots: $roots"
# A root that nobody planned would be noticed late.
git grep -lE '^[[:space:]]*(backend[[:space:]]+"|cloud[[:space:]]*[{])' -- '*.tf' '*.tofu' | while IFS= read -r file; do
  directory=$(dirname "$file")
  printf '%s\n' "$ROOTS" | grep -qxF -- "$directory" || echo "::warning file=$file::this directory keeps state and is not in ROOTS of the workflow"
done || :
