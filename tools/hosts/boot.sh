#!/bin/sh
# The first process of a test host. Sets up the namespaces that unshare(1) made, starts a program in
# the background, and ends when its standard input ends. With it, every process of the host ends.
# Usage: boot.sh NAME ROOT CHECKOUT PROGRAM [ARGUMENT]...
set -e
export PATH="$PATH:/usr/sbin:/sbin"
for program in mount hostname ip; do
  command -v "$program" >/dev/null || { echo "the program $program is missing" >&2 && exit 1; }
done
name=$1 root=$2 checkout=$3
shift 3
hostname "$name"
ip link set lo up

# The folders are opened first, because the empty file systems hide them.
exec 3<"$root/disks/$name" 4<"$root/wires/$name" 5<"$checkout"
mount -t tmpfs tmpfs /tmp
mkdir -p "$root"
mount -t tmpfs tmpfs "$root"
mkdir "$root/disk" "$root/wires"
mount --no-canonicalize --bind /proc/self/fd/3 "$root/disk"
mount --no-canonicalize --bind /proc/self/fd/4 "$root/wires"
if [ ! -e "$checkout/package.json" ]; then
  mkdir -p "$checkout"
  mount --no-canonicalize --bind /proc/self/fd/5 "$checkout"
fi
exec 3<&- 4<&- 5<&-

"$@" &
cat >/dev/null # meanwhile the shell reaps the orphans of the host
