#!/bin/sh
# Makes a repository of about 40,000 files from numbered copies of a folder of manifests.
# usage: benches/make_tree.sh FOLDER INTO [COPIES]
set -eu
folder=$1 into=$2 copies=${3:-9}
rm -rf "$into"
mkdir -p "$into"
number=1
while [ "$number" -le "$copies" ]; do
    cp -R "$folder" "$into/copy-$number"
    number=$((number + 1))
done
chmod -R u+w "$into"
git -C "$into" init -q
git -C "$into" add -A
