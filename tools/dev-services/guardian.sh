#!/bin/sh
# Stops the launcher's processes after the launcher has ended. It reads lines: "+ <process group>",
# "- <process group>", "d <folder>". The input ends when the launcher ends, also after SIGKILL. The
# guardian then stops every group that is still listed, the youngest first, and removes the folders.
trap '' HUP INT TERM

# In a container without an init, nobody reaps orphans, so dead processes stay as zombies and still
# accept signals.
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
    # its leader is dead, so the rest of the group gets no more time
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
