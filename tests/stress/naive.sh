#!/bin/sh
# What many pipelines do: edit, commit, `git pull --rebase`, push, and a few times again. It stands beside rakops in the figures.
# usage: naive.sh CLONE FILE OLD NEW BRANCH
# Status 0: the push was accepted; 1: given up; 2: a conflict.
cd "$1" || exit 1
sed -i "s|$3|$4|" "$2"
git commit --quiet --all --message "set $4" || exit 1
for _ in 1 2 3 4 5; do
    git push --quiet origin "HEAD:refs/heads/$5" && exit 0
    git pull --quiet --rebase origin "$5" || { git rebase --abort; exit 2; }
done
exit 1
