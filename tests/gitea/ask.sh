#!/usr/bin/env bash
# Asks a running Gitea what rakops relies on, and prints each question with the answer: how README.md came to be.
#
#   tests/gitea/start.sh DIRECTORY PORT &      then
#   tests/gitea/ask.sh DIRECTORY PORT
set -uo pipefail
place=$1 base=http://127.0.0.1:$2
author=$(cat "$place/token.author") reviewer=$(cat "$place/token.reviewer")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
repo=asked-$$

title() { printf '\n## %s\n' "$*"; }
# api METHOD PATH [JSON]: status and the part of the answer that FILTER picks.
api() {
    local status
    status=$(curl -sS -o "$work/body" -D "$work/head" -w '%{http_code}' -X "$1" "$base/api/v1$2" \
        -H "Authorization: token ${TOKEN-$author}" -H 'Content-Type: application/json' ${3:+-d "$3"})
    printf '%s %s %s -> %s %s\n' "$1" "$2" "${3:-}" "$status" \
        "$(jq -c "${FILTER:-.}" "$work/body" 2>/dev/null | cut -c1-700 || head -c 300 "$work/body")"
}
get() { jq -r "$1" "$work/body"; }
pr='if type=="array" then map({number,state,title,draft,head:.head.ref,base:.base.ref}) elif .number then {number,state,title,draft,merged,mergeable,head:.head.label,sha:.head.sha,base:.base.ref,labels:(.labels|map(.name)),reviewers:((.requested_reviewers//[])|map(.login)),merge_commit_sha,merged_by:.merged_by.login} else . end'
g() { git -C "$work/clone" -c user.name=a -c user.email=author@example.invalid -c "http.extraheader=Authorization: Basic $(printf 'author:%s' "${TOKEN-$author}" | base64 -w0)" "$@"; }
# put COMMIT:REF…: a push whose answer is of no interest.
put() { g push -q origin "$@" 2>/dev/null; }
# settled NUMBER: waits until the request can be merged, and says how long that took.
settled() {
    local from=$EPOCHREALTIME
    for _ in $(seq 100); do
        [[ $(curl -sS "$base/api/v1$R/pulls/$1" -H "Authorization: token $author" | jq .mergeable) != true ]] || break
        sleep 0.1
    done
    echo "#   waited $(seconds "$from") s for mergeable"
}
# merged NUMBER: waits for ten seconds until it is merged.
merged() {
    local from=$EPOCHREALTIME
    for _ in $(seq 50); do
        [[ $(curl -sS "$base/api/v1$R/pulls/$1" -H "Authorization: token $author" | jq .merged) != true ]] ||
            { echo "#   merged after $(seconds "$from") s"; return; }
        sleep 0.2
    done
    echo "#   not merged after $(seconds "$from") s"
}
seconds() { awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $1 }"; }
# says COMMAND…: what git prints, and its status.
says() { echo "\$ $*"; "$@" 2>&1 | sed 's/^/    /'; echo "    status ${PIPESTATUS[0]}"; }
# commit BRANCH FILE: a commit on top of a branch of the server.
commit() {
    g fetch -q origin "+refs/heads/*:refs/remotes/origin/*"
    g checkout -q -B "$1" "refs/remotes/origin/${3:-main}"
    echo "$RANDOM" >>"$work/clone/$2"; g add -A; g commit -qm "change $2"
}

title 'version'
TOKEN=none; curl -sS -w ' %{http_code}\n' "$base/api/v1/version"; curl -sS -o /dev/null -w 'GET /api/v4/version %{http_code}\n' "$base/api/v4/version"
curl -sS -o /dev/null -w 'GET /api/v3/meta %{http_code}\n' "$base/api/v3/meta"; unset TOKEN
FILTER='{login,is_admin}' api GET /user
TOKEN=wrong FILTER=. api GET /user
grep -i '^\(ratelimit\|x-ratelimit\|link\|x-total\)' "$work/head"

title 'repository'
FILTER='{full_name,default_branch,clone_url,permissions,allow_merge_commits,default_merge_style,default_delete_branch_after_merge}' \
    api POST /user/repos "{\"name\":\"$repo\",\"auto_init\":true,\"default_branch\":\"main\"}"
R=/repos/author/$repo
FILTER=. api GET /repos/author/nowhere
FILTER='{login}' api PUT "$R/collaborators/reviewer" '{"permission":"write"}'
git clone -q "$base/author/$repo.git" "$work/clone"
says git -C "$work" ls-remote --symref "$base/author/$repo.git"
says git -C "$work" ls-remote "$base/author/nowhere.git"
says git clone --bare --depth=1 --filter=blob:none "$base/author/$repo.git" "$work/partial"
git -C "$work/partial" rev-list --objects --missing=print HEAD | sed 's/^/    /'

title 'push: answers'
commit main a.txt; first=$(g rev-parse origin/main)
says g push --porcelain origin HEAD:refs/heads/main
g checkout -q -B rival "$first"; echo r >>"$work/clone/r.txt"; g add -A; g commit -qm rival
says g push --porcelain "--force-with-lease=refs/heads/main:$first" origin HEAD:refs/heads/main
says g push --porcelain origin HEAD:refs/heads/main
TOKEN=wrong says g push --porcelain origin HEAD:refs/heads/other
g -c http.extraheader= push --porcelain origin HEAD:refs/heads/other 2>&1 | sed 's/^/    /' # no login
put HEAD:refs/heads/clash
says g push --porcelain origin HEAD:refs/heads/clash/below
put HEAD:refs/heads/one HEAD:refs/heads/two
says g push --porcelain --atomic "--force-with-lease=refs/heads/one:$first" "--force-with-lease=refs/heads/two:$(g rev-parse HEAD)" origin "$(g rev-parse main):refs/heads/one" "$(g rev-parse main):refs/heads/two"

title 'push: the server finds the race (both are told the same tip, one is quicker)'
commit main b.txt; tip=$(g rev-parse origin/main); mine=$(g rev-parse HEAD)
g checkout -q -B rival "$tip"; echo q >>"$work/clone/q.txt"; g add -A; g commit -qm quick; quick=$(g rev-parse HEAD)
cat >"$work/clone/.git/hooks/pre-push" <<H
#!/bin/sh
[ -z "\$RAKOPS_QUICK" ] || exit 0
RAKOPS_QUICK=1 git -C "$work/clone" -c "http.extraheader=Authorization: Basic $(printf 'author:%s' "$author" | base64 -w0)" push -q origin $quick:refs/heads/main
H
chmod +x "$work/clone/.git/hooks/pre-push"
says g push --porcelain "--force-with-lease=refs/heads/main:$tip" origin "$mine:refs/heads/main"
rm "$work/clone/.git/hooks/pre-push"

title 'push: protected branch'
FILTER='{rule_name,branch_name,enable_push,required_approvals,enable_status_check}' \
    api POST "$R/branch_protections" '{"rule_name":"main","enable_push":false}'
commit main p.txt
says g push --porcelain origin HEAD:refs/heads/main
says g push --porcelain --force origin HEAD:refs/heads/main
says g push --porcelain origin :refs/heads/main
FILTER=. api DELETE "$R/branch_protections/main"
FILTER='{rule_name,enable_push,enable_force_push}' api POST "$R/branch_protections" '{"rule_name":"main","enable_push":true}'
commit main p2.txt
says g push --porcelain origin HEAD:refs/heads/main
g checkout -q -B back "$first"; echo z >>"$work/clone/z"; g add -A; g commit -qm back
says g push --porcelain --force origin HEAD:refs/heads/main
put HEAD:refs/heads/free
g checkout -q -B back2 "$first"; echo y >>"$work/clone/y"; g add -A; g commit -qm back2
echo '# force-push of a branch without protection'; says g push --porcelain --force origin HEAD:refs/heads/free
FILTER=. api DELETE "$R/branch_protections/main"

title 'find, create, duplicate, nothing between'
FILTER=$pr
export FILTER
commit topic/1 t1.txt; put HEAD:refs/heads/topic/1; head1=$(g rev-parse HEAD)
api GET "$R/pulls?state=open&base_branch=main"
api GET "$R/pulls/main/topic/1"
api GET "$R/pulls/main/topic%2F1"
api POST "$R/pulls" '{"head":"topic/1","base":"main","title":"One","body":"text"}'; n=$(get .number); get '.url, .html_url, .head.repo.full_name, .head.ref, .head.label, .merge_base, .allow_maintainer_edit, .pin_order'
api POST "$R/pulls" '{"head":"topic/1","base":"main","title":"Again"}'
api POST "$R/pulls" '{"head":"author:topic/1","base":"main","title":"Again"}'
put origin/main:refs/heads/same
api POST "$R/pulls" '{"head":"same","base":"main","title":"Nothing"}'
api POST "$R/pulls" '{"head":"missing","base":"main","title":"No head"}'
api POST "$R/pulls" '{"head":"topic/1","base":"missing","title":"No base"}'
api POST "$R/pulls" '{"head":"topic/1","base":"main"}'
api POST "$R/pulls" '{"head":"clash","base":"main","title":"Unknown field","nonsense":1}'; clash=$(get .number)
TOKEN='' api POST "$R/pulls" '{"head":"one","base":"main","title":"Nobody"}'
api GET "$R/pulls/main/topic%2F1"
api GET "$R/pulls/main/author:topic%2F1"
put origin/main:refs/heads/rel/1
commit topic/2 t2.txt; put HEAD:refs/heads/topic/2
api POST "$R/pulls" '{"head":"topic/2","base":"rel/1","title":"Slash in the base"}'; two=$(get .number)
api GET "$R/pulls/rel%2F1/topic%2F2"
api GET "$R/pulls/rel/1/topic/2"
api GET "$R/pulls?state=open&base_branch=main"
api GET "$R/pulls?state=open&base_branch=rel/1"
api GET "$R/pulls?state=open&base_branch=nowhere"
api GET "$R/pulls?state=opened"
api GET "$R/pulls?state=open&head=author:topic/2"
api GET "$R/pulls?state=open&limit=1"; grep -iE '^(link|x-total)' "$work/head"
api PATCH "$R/pulls/$two" '{"state":"closed"}'
api GET "$R/pulls/rel%2F1/topic%2F2"
api POST "$R/pulls" '{"head":"topic/2","base":"rel/1","title":"After closing"}'; api PATCH "$R/pulls/$(get .number)" '{"state":"closed"}'

title 'update'
api PATCH "$R/pulls/$n" '{"title":"One, better","body":"new text"}'; get .body
api PATCH "$R/pulls/$n" '{"base":"rel/1"}'; api PATCH "$R/pulls/$n" '{"base":"main"}'
api PATCH "$R/pulls/$n" '{"title":"WIP: One"}'; api PATCH "$R/pulls/$n" '{"title":"[WIP] One"}'; api PATCH "$R/pulls/$n" '{"title":"Draft: One"}'; api PATCH "$R/pulls/$n" '{"title":"wip: One"}'; api PATCH "$R/pulls/$n" '{"title":"One"}'
api PATCH "$R/pulls/$n" '{"draft":true}'

title 'labels'
FILTER=. 
api GET "$R/labels"
api POST "$R/labels" '{"name":"rakops","color":"#00aabb"}'; label=$(get .id)
api POST "$R/labels" '{"name":"rakops","color":"#00aabb"}'
api POST "$R/labels" '{"name":"no-colour"}'
FILTER='if type=="array" then map({id,name}) else . end'
api POST "$R/issues/$n/labels" "{\"labels\":[$label]}"
api POST "$R/issues/$n/labels" '{"labels":["rakops"]}'
api POST "$R/issues/$n/labels" '{"labels":["unknown-name"]}'
api POST "$R/issues/$n/labels" '{"labels":[99999]}'
FILTER=$pr
commit topic/3 t3.txt; put HEAD:refs/heads/topic/3
api POST "$R/pulls" "{\"head\":\"topic/3\",\"base\":\"main\",\"title\":\"Three\",\"labels\":[$label],\"reviewers\":[\"reviewer\"]}"; three=$(get .number)
commit topic/4 t4.txt; put HEAD:refs/heads/topic/4
api POST "$R/pulls" '{"head":"topic/4","base":"main","title":"Four","labels":["rakops"]}'
api POST "$R/pulls" '{"head":"topic/4","base":"main","title":"Four","labels":[99999]}'; api GET "$R/pulls/main/topic%2F4"

title 'reviewers and reviews'
FILTER='if type=="array" then map({id,state,user:.user.login,commit_id,dismissed,stale,official}) elif .state then {id,state,user:.user.login,commit_id,stale,official} else . end'
api POST "$R/pulls/$n/requested_reviewers" '{"reviewers":["reviewer"]}'
api POST "$R/pulls/$n/requested_reviewers" '{"reviewers":["reviewer"]}'
api POST "$R/pulls/$n/requested_reviewers" '{"reviewers":["author"]}'
api POST "$R/pulls/$n/requested_reviewers" '{"reviewers":["nobody"]}'
api POST "$R/pulls/$n/requested_reviewers" '{"team_reviewers":["nobody"]}'
TOKEN=$reviewer api POST "$R/pulls/$n/reviews" '{"event":"APPROVED","body":"good"}'
TOKEN=$reviewer api POST "$R/pulls/$n/reviews" '{"event":"APPROVE","body":"good"}'
api POST "$R/pulls/$n/reviews" '{"event":"APPROVED"}'
api GET "$R/pulls/$n/reviews"

title 'comments'
FILTER='if type=="array" then map({id,user:.user.login,body}) elif .id then {id,body,html_url} else . end'
api POST "$R/issues/$n/comments" '{"body":"<!-- rakops:sticky:a -->\nhello"}'; c=$(get .id)
api PATCH "$R/issues/comments/$c" '{"body":"<!-- rakops:sticky:a -->\nhello again"}'
TOKEN=$reviewer api PATCH "$R/issues/comments/$c" '{"body":"of another"}'
api GET "$R/issues/$n/comments"
jq -n '{body: ("x"*70000)}' >"$work/long"; curl -sS -o /dev/null -w '70,000 characters: %{http_code}\n' -X POST "$base/api/v1$R/issues/$n/comments" -H "Authorization: token $author" -H 'Content-Type: application/json' -d @"$work/long"

title 'merge'
FILTER='if .number then {state,merged,mergeable,merge_commit_sha,head:.head.sha,merged_by:.merged_by.login} else . end'
echo '# at once after creating, three times'
for i in 1 2 3; do
    commit "now$i" "n$i.txt"; put HEAD:"refs/heads/now$i"
    FILTER='{number,mergeable}' api POST "$R/pulls" "{\"head\":\"now$i\",\"base\":\"main\",\"title\":\"now\"}"; x=$(get .number)
    api POST "$R/pulls/$x/merge" '{"Do":"merge","delete_branch_after_merge":true}'; api GET "$R/pulls/$x"
done
g ls-remote origin 'refs/heads/now*' | sed 's/^/    /'
echo '# the base has moved: the forge looks again'
api GET "$R/pulls/$n"; settled "$n"; api GET "$R/pulls/$n"
api POST "$R/pulls/$n/merge" "{\"Do\":\"merge\",\"head_commit_id\":\"$first\"}"
api GET "$R/pulls/$n"; settled "$n"
api POST "$R/pulls/$n/merge" '{"Do":"nonsense"}'
api POST "$R/pulls/$n/merge" '{"Do":"fast-forward-only"}'; settled "$n"
TOKEN=wrong api POST "$R/pulls/$n/merge" '{"Do":"merge"}'
api POST "$R/pulls/$n/merge" "{\"Do\":\"merge\",\"head_commit_id\":\"$head1\",\"MergeTitleField\":\"a title\",\"MergeMessageField\":\"a text\"}"; api GET "$R/pulls/$n"
g fetch -q origin; g log -1 --format='    %h %an <%ae> %cn: %s / %b' origin/main
api POST "$R/pulls/$n/merge" '{"Do":"merge"}'
api POST "$R/pulls" '{"head":"topic/1","base":"main","title":"merged already"}'; x=$(get .number)
settled "$x"; api POST "$R/pulls/$x/merge" '{"Do":"merge"}'; api PATCH "$R/pulls/$x" '{"state":"closed"}'
api PATCH "$R/pulls/$n" '{"title":"of a merged one"}'
api POST "$R/pulls/99999/merge" '{"Do":"merge"}'
FILTER='if .number then {number,merged,merged_by:.merged_by.login} else . end'
api GET "$R/commits/$(g rev-parse origin/main)/pull"; api GET "$R/commits/$head1/pull"
FILTER='if .number then {state,merged,mergeable} else . end'
echo '# a conflict'
g checkout -q -B conflict "$first"; echo other >"$work/clone/a.txt"; g add -A; g commit -qm conflict; put HEAD:refs/heads/conflict
api POST "$R/pulls" '{"head":"conflict","base":"main","title":"conflict"}'; x=$(get .number)
api POST "$R/pulls/$x/merge" '{"Do":"merge"}'; settled "$x"; api POST "$R/pulls/$x/merge" '{"Do":"merge"}'; api GET "$R/pulls/$x"
echo '# a draft'
commit draft d.txt; put HEAD:refs/heads/draft
api POST "$R/pulls" '{"head":"draft","base":"main","title":"WIP: draft"}'; x=$(get .number); api POST "$R/pulls/$x/merge" '{"Do":"merge"}'
echo '# closed, by somebody who may only read'
api PATCH "$R/pulls/$x" '{"state":"closed"}'; api POST "$R/pulls/$x/merge" '{"Do":"merge"}'

title 'merge when checks succeed'
echo '# no rule, no status'
commit auto1 u1.txt; put HEAD:refs/heads/auto1
api POST "$R/pulls" '{"head":"auto1","base":"main","title":"auto"}'; x=$(get .number); settled "$x"
api POST "$R/pulls/$x/merge" '{"Do":"merge","merge_when_checks_succeed":true}'; merged "$x"
echo '# no rule, no status, while the forge still looks (at once after creating)'
commit auto1b u1b.txt; put HEAD:refs/heads/auto1b
api POST "$R/pulls" '{"head":"auto1b","base":"main","title":"auto"}'; x=$(get .number)
api POST "$R/pulls/$x/merge" '{"Do":"merge","merge_when_checks_succeed":true}'; merged "$x"
echo '# no rule, a pending status'
commit auto2 u2.txt; put HEAD:refs/heads/auto2; h=$(g rev-parse HEAD)
api POST "$R/pulls" '{"head":"auto2","base":"main","title":"auto"}'; x=$(get .number)
FILTER='{status,context}' api POST "$R/statuses/$h" '{"state":"pending","context":"ci"}'; settled "$x"
api POST "$R/pulls/$x/merge" '{"Do":"merge","merge_when_checks_succeed":true}'; merged "$x"
FILTER='{status,context}' api POST "$R/statuses/$h" '{"state":"success","context":"ci"}'; merged "$x"
FILTER='{rule_name,enable_status_check,status_check_contexts,message}' api POST "$R/branch_protections" '{"rule_name":"main","enable_push":true,"enable_status_check":true,"status_check_contexts":["ci"]}'
echo '# a rule that wants a status'
commit auto3 u3.txt; put HEAD:refs/heads/auto3; h=$(g rev-parse HEAD)
api POST "$R/pulls" '{"head":"auto3","base":"main","title":"auto"}'; x=$(get .number); settled "$x"
api POST "$R/pulls/$x/merge" '{"Do":"merge"}'
TOKEN=$reviewer api POST "$R/pulls/$x/merge" '{"Do":"merge"}'
api POST "$R/pulls/$x/merge" "{\"Do\":\"merge\",\"merge_when_checks_succeed\":true,\"head_commit_id\":\"$first\"}"
api DELETE "$R/pulls/$x/merge"
api POST "$R/pulls/$x/merge" "{\"Do\":\"merge\",\"merge_when_checks_succeed\":true,\"head_commit_id\":\"$h\"}"
api POST "$R/pulls/$x/merge" '{"Do":"merge","merge_when_checks_succeed":true}'
FILTER='keys | join(" ")' api GET "$R/pulls/$x"
FILTER='map({type,body})' api GET "$R/issues/$x/timeline"
api DELETE "$R/pulls/$x/merge"; api DELETE "$R/pulls/$x/merge"
api POST "$R/pulls/$x/merge" '{"Do":"squash","merge_when_checks_succeed":true}'
echo '# the head moves while it is scheduled, and the new head gets its status'
echo more >>"$work/clone/u3.txt"; g add -A; g commit -qm more; put HEAD:refs/heads/auto3; h2=$(g rev-parse HEAD)
FILTER='{status,context}' api POST "$R/statuses/$h" '{"state":"success","context":"ci"}'; merged "$x"
FILTER='{status,context}' api POST "$R/statuses/$h2" '{"state":"success","context":"ci"}'; merged "$x"; api GET "$R/pulls/$x"
echo '# a failed status'
commit auto4 u4.txt; put HEAD:refs/heads/auto4; h=$(g rev-parse HEAD)
api POST "$R/pulls" '{"head":"auto4","base":"main","title":"auto"}'; x=$(get .number); settled "$x"
api POST "$R/pulls/$x/merge" '{"Do":"merge","merge_when_checks_succeed":true}'
FILTER='{status,context}' api POST "$R/statuses/$h" '{"state":"failure","context":"ci"}'; sleep 2; api GET "$R/pulls/$x"
FILTER='{state,statuses:(.statuses|map({context,status}))}' api GET "$R/commits/$h/status"
FILTER=. api DELETE "$R/branch_protections/main"

title 'approvals'
FILTER='{rule_name,required_approvals,dismiss_stale_approvals,message}' api POST "$R/branch_protections" '{"rule_name":"main","enable_push":true,"required_approvals":1,"dismiss_stale_approvals":true}'
commit rev1 v1.txt; put HEAD:refs/heads/rev1; FILTER='{number}' api POST "$R/pulls" '{"head":"rev1","base":"main","title":"wants approval"}'; x=$(get .number); settled "$x"
FILTER='if type=="array" then map({state,user:.user.login,commit_id,dismissed,stale,official}) elif .state then {state} else . end'
TOKEN=$reviewer api POST "$R/pulls/$x/merge" '{"Do":"merge"}'
api POST "$R/pulls/$x/merge" '{"Do":"merge"}'
TOKEN=$reviewer api POST "$R/pulls/$x/reviews" '{"event":"APPROVED","body":"good"}'
echo more >>"$work/clone/v1.txt"; g add -A; g commit -qm more; put HEAD:refs/heads/rev1; sleep 2
api GET "$R/pulls/$x/reviews"; settled "$x"; api POST "$R/pulls/$x/merge" '{"Do":"merge"}'
TOKEN=$reviewer api POST "$R/pulls/$x/reviews" '{"event":"APPROVED","body":"good"}'
api POST "$R/pulls/$x/merge" '{"Do":"merge"}'
FILTER=. api DELETE "$R/branch_protections/main"

title 'what the other person may do: write access, not an administrator'
FILTER='{id,user:.user.login}' api POST "$R/issues/1/comments" '{"body":"by the author"}'; c=$(get .id)
TOKEN=$reviewer FILTER='if .id then {id,body} else . end' api PATCH "$R/issues/comments/$c" '{"body":"of another"}'
FILTER=. TOKEN=$reviewer api PUT "$R/collaborators/nobody" '{"permission":"write"}'
FILTER='{login}' api PUT "$R/collaborators/reviewer" '{"permission":"read"}'
commit read w.txt; put HEAD:refs/heads/read
FILTER='if .number then {number} else . end' TOKEN=$reviewer api POST "$R/pulls" '{"head":"read","base":"main","title":"by a reader"}'
FILTER=. TOKEN=$reviewer api POST "$R/pulls/$(get .number)/merge" '{"Do":"merge"}'
g remote add reader "http://reviewer:$reviewer@${base#http://}/author/$repo.git"
says git -C "$work/clone" push --porcelain reader HEAD:refs/heads/by-a-reader 2>&1 | sed "s/$reviewer/TOKEN/g"

title 'compare'
FILTER='if .total_commits != null then {total_commits} else . end'
api GET "$R/compare/$first...main"
api GET "$R/compare/main...$first"
api GET "$R/compare/$first...0000000000000000000000000000000000000001"
title 'archived'
FILTER='{archived,message}' api PATCH "$R" '{"archived":true}'
FILTER=. api POST "$R/pulls" '{"head":"two","base":"main","title":"archived"}'
says g push --porcelain origin HEAD:refs/heads/late
