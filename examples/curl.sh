#!/bin/sh
# The whole job with curl. VOICECLONE_API_KEY and VOICECLONE_BASE_URL name the server.
#
#   sh curl.sh           clones voice.wav; run again after an interruption, it goes on where it stood
#   sh curl.sh TASK_ID   goes on with this task
#
# The first form creates the task again with the same Idempotency-Key. A server that keeps keys says so in its answer's
# Idempotency-Key; at any other, go on by the task's id, and where no id came, look there for the task before you repeat.
set -eu

text="Good morning!"
api="$VOICECLONE_BASE_URL/async-clone"

# by standard input, because everyone on a machine can read the arguments of a command
call() { printf 'Authorization: Bearer %s\n' "$VOICECLONE_API_KEY" | curl -sS -H @- "$@"; }

# a string of a JSON object, by its name
field() { printf %s "$2" | tr -d '\n' | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }

id=${1-}
if [ -z "$id" ]; then
  # the same sample and text are the same task; set another key to pay for a new one
  sha256() { { sha256sum 2> /dev/null || shasum -a 256; } | cut -c 1-64; }
  key=${IDEMPOTENCY_KEY:-$({ cat voice.wav; printf %s "$text"; } | sha256)}
  created=$(call --fail-with-body -H "Idempotency-Key: ${key:?}" \
    -F audio_file=@voice.wav --form-string text="$text" "$api/create-task") || { echo "$created" >&2; exit 1; }
  id=$(field task_id "$created")
fi
case $id in
  '' | *[!A-Za-z0-9._-]*) echo "not a task id: $id" >&2; exit 1 ;;
esac
echo "task $id"

delay=1
while :; do
  task=$(call --fail-with-body --retry 5 "$api/task-status/$id") || { echo "$task" >&2; exit 1; }
  case $(field status "$task") in
    completed) break ;;
    failed) echo "task $id failed: $(field error "$task")" >&2; exit 1 ;;
  esac
  sleep "$delay"
  delay=$((delay < 30 ? delay + 1 : 30))
done

# a WAV file begins with RIFF and its length, less these 8 bytes
part="speech-$id.wav.part"
whole() {
  [ -f "$part" ] && [ "$(head -c 4 "$part")" = RIFF ] &&
    [ $(($(od -An -t u4 -j 4 -N 4 "$part") + 8)) -eq $(wc -c < "$part") ]
}

# -C - goes on where the part ends; asked for more of a whole one, some versions of curl fail
fetch() { call -f --retry 5 -o "$part" "$@" "$api/task-result/$id"; }
whole || fetch -C - || if [ $? -eq 33 ]; then
  fetch || : # the server sends no ranges, so all of it again
fi
whole || {
  echo "Not the whole result; go on with: sh curl.sh $id (or delete $part first, to begin it again)" >&2
  exit 1
}
mv "$part" speech.wav
echo "speech.wav: $(wc -c < speech.wav) bytes"
