#!/bin/sh
# The whole job with curl. VOICECLONE_API_KEY and VOICECLONE_BASE_URL name the server.
set -eu
auth="Authorization: Bearer $VOICECLONE_API_KEY"
api="$VOICECLONE_BASE_URL/async-clone"

id=$(curl -fsS -H "$auth" -F audio_file=@voice.wav -F text="Good morning!" "$api/create-task" |
  sed 's/.*"task_id" *: *"\([^"]*\)".*/\1/')
echo "task $id"

while :; do
  status=$(curl -fsS -H "$auth" "$api/task-status/$id" | sed 's/.*"status" *: *"\([^"]*\)".*/\1/')
  case $status in
    completed) break ;;
    failed) echo "task $id failed" >&2; exit 1 ;;
    *) sleep 1 ;;
  esac
done

# -C - goes on where an earlier run stopped
curl -fsS -H "$auth" -C - -o speech.wav "$api/task-result/$id"
echo "speech.wav: $(wc -c < speech.wav) bytes"
