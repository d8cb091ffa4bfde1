#!/bin/sh
# Uses Baton with curl only: launches a session, follows it until it ends, continues it, and reads the
# conversation.
#
#   BATON_URL=http://127.0.0.1:3000 BATON_API_KEY=baton_... ./curl.sh 'Write a haiku into haiku.txt' 'Now in German'
#
# If you run the script again with the same BATON_KEY, it uses the same sessions instead of new ones.
set -eu

url=${BATON_URL:-http://127.0.0.1:3000}
key=${BATON_KEY:-curl-$$-$(date +%s)}
query=$(printf %s "${1:-Say hello}" | sed 's/[\\"]/\\&/g')
then=$(printf %s "${2:-And once more}" | sed 's/[\\"]/\\&/g')

# curl reads the API key from a pipe, because all users of this machine can read the arguments of a process.
baton() {
  if [ -n "${BATON_API_KEY:-}" ]; then printf 'authorization: Bearer %s\n' "$BATON_API_KEY"; fi |
    curl --silent --show-error --fail-with-body --retry 5 --header @- "$@"
}

# Sends a request that launches or continues a session, and prints the path of the new session.
enqueue() {
  baton --header 'content-type: application/json' --header "idempotency-key: $1" \
    --data "{\"query\": \"$3\"}" --output /dev/null --write-out '%header{location}' "$url$2"
}

# Prints the events of a session until it has ended, then the session.
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
