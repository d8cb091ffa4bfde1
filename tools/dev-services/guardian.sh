#!/bin/sh
# Outlives its launcher by a moment. Reads lines: "+ <process group>", "- <process group>", "d <folder>".
# When its input ends, however the launcher ended, it stops every group still listed, youngest first, then removes the folders.
trap '' HUP INT TERM

# Where nobody reaps orphans (a container without an init), the dead stay and can still be signalled.
is_dead() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  case $stat in
  *') Z '*) return 0 ;;
  esac
  return 1
}

groups=
folders=
while read -r sign value; do
  case $sign in
  d)
    folders="$folders
$value"
    ;;
  *)
    others=
    for group in $groups; do
      [ "$group" = "$value" ] || others="$others $group"
    done
    groups=$others
    [ "$sign" = + ] && groups="$value $groups"
    ;;
  esac
done

for group in $groups; do
  kill -s TERM -- "-$group" 2>/dev/null || continue
  ticks=0
  while kill -s 0 -- "-$group" 2>/dev/null; do
    # its leader is dead: what that left behind gets no more time
    is_dead "$group" && kill -s KILL -- "-$group" 2>/dev/null && break
    ticks=$((ticks + 1))
    # the second signal asks a draining worker to skip its wait
    [ "$ticks" -eq 10 ] && kill -s TERM -- "-$group" 2>/dev/null
    [ "$ticks" -ge 100 ] && kill -s KILL -- "-$group" 2>/dev/null && break
    sleep 0.1
  done
done

printf '%s\n' "$folders" | while read -r folder; do
  [ -n "$folder" ] && rm -rf -- "$folder"
done
