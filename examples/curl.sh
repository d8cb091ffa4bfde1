#!/bin/sh
# Baton with nothing but curl: launches a session, follows it to its end, continues it, reads the conversation.
#
#   BATON_URL=http://127.0.0.1:3000 BATON_API_KEY=baton_... ./curl.sh 'Write a haiku into haiku.txt' 'Now in German'
#
# BATON_KEY names what is done: said again with the same name, it is the same sessions.
set -eu

url=${BATON_URL:-http://127.0.0.1:3000}
key=${BATON_KEY:-curl-$$-$(date +%s)}
query=$(printf %s "${1:-Say hello}" | sed 's/[\\"]/\\&/g')
then=$(printf %s "${2:-And once more}" | sed 's/[\\"]/\\&/g')

# The API key comes in as a header from a pipe: an argument could be read by anyone on this machine.
baton() {
  if [ -n "${BATON_API_KEY:-}" ]; then printf 'authorization: Bearer %s\n' "$BATON_API_KEY"; fi |
    curl --silent --show-error --fail-with-body --retry 5 --header @- "$@"
}

# A launch or a continue answers with the path of the new session.
enqueue() {
  baton --header 'content-type: application/json' --header "idempotency-key: $1" \
    --data "{\"query\": \"$3\"}" --output /dev/null --write-out '%header{location}' "$url$2"
}

# The stream ends when the session has ended.
follow() {
  baton --no-buffer --header 'accept: text/event-stream' "$url$1/events"
  baton "$url$1"
  echo
}

first=$(enqueue "$key" /v1/sessions "$query")
follow "$first"

second=$(enqueue "$key-then" "$first/continue" "$then")
follow "$second"

baton "$url$second/conversation?limit=1000"
echo
