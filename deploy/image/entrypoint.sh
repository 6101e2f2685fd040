#!/bin/sh
# Starts the program without privileges. As root it finds the group that the Engine's socket has on this host, gives
# the run-time user its own copies of mounted credentials that only root can read, and drops everything else. Started
# with --user it changes nothing. No value is ever evaluated by the shell, and exec keeps signals going to node.
set -eu
uid=65534
program=/usr/local/lib/mysysconfig/mysysconfig.cjs

# `run` waits far more than it computes: it does without machine code of its own, which takes more memory than a look
# every few minutes is worth, and gives freed memory back.
flags=
if [ "${1:-}" = run ]; then
  flags=$(cat /usr/local/lib/mysysconfig/run-flags)
  export MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536
fi

if [ "$(id -u)" != 0 ]; then
  # $flags are words without spaces in them, or none.
  # shellcheck disable=SC2086
  exec node $flags "$program" "$@"
fi

# The socket's group is all that the run-time user keeps; it is what lets it talk to the Engine.
socket=/var/run/docker.sock
case ${DOCKER_HOST:-} in unix://*) socket=${DOCKER_HOST#unix://} ;; esac
if [ -S "$socket" ]; then groups=--groups=$(stat -c %g "$socket"); else groups=--clear-groups; fi

unprivileged() {
  setpriv --reuid "$uid" --regid "$uid" "$groups" --no-new-privs --inh-caps=-all --ambient-caps=-all "$@"
}
if ! unprivileged true 2>/dev/null; then
  echo "mysysconfig: cannot drop root's privileges: add the capabilities SETUID and SETGID," \
    "or start the container with --user $uid:$uid --group-add <the socket's group>" >&2
  exit 1
fi
# Emptying the bounding set takes one capability more (SETPCAP); without it the other locks still hold.
if unprivileged --bounding-set=-all true 2>/dev/null; then bounding=--bounding-set=-all; else bounding=; fi

# The run-time user's home is in memory where there is such a place: nothing that is copied there reaches a disk.
umask 077
home=
for place in /dev/shm /run /tmp; do
  if [ "$place" = /tmp ] || [ "$(stat -f -c %T "$place" 2>/dev/null)" = tmpfs ]; then
    if home=$(unprivileged mktemp -d "$place/mysysconfig.XXXXXX" 2>/dev/null); then break; fi
  fi
done
if [ -z "$home" ]; then
  echo "mysysconfig: no writable folder in /dev/shm, /run or /tmp" >&2
  exit 1
fi
export HOME="$home"

# give FILE COPY: root opens the file, the run-time user writes the copy; neither needs a right of the other.
give() {
  # The inner shell gets the name as an argument, never as text to evaluate.
  # shellcheck disable=SC2016
  unprivileged sh -c 'cat >"$1"' sh "$2" <"$1"
}

# give_folder FOLDER NAME: copies of the folder's files in $home/NAME; false when the user can read them all anyway.
give_folder() {
  all_readable=yes
  for file in "$1"/*; do
    if [ -f "$file" ] && ! unprivileged test -r "$file"; then all_readable=no; fi
  done
  if [ "$all_readable" = yes ]; then return 1; fi
  unprivileged mkdir -p "$home/$2"
  for file in "$1"/*; do
    if [ -f "$file" ]; then give "$file" "$home/$2/${file##*/}"; fi
  done
}

if give_folder "${MYSYSCONFIG_SECRETS_DIR:-/run/secrets}" secrets; then
  export MYSYSCONFIG_SECRETS_DIR="$home/secrets"
fi
if give_folder "${MYSYSCONFIG_VALUES_DIR:-/run/mysysconfig/values}" values; then
  export MYSYSCONFIG_VALUES_DIR="$home/values"
fi
if [ -n "${DOCKER_CERT_PATH:-}" ] && give_folder "$DOCKER_CERT_PATH" certs; then
  export DOCKER_CERT_PATH="$home/certs"
fi
# Registry credentials: root's own folder is closed to others even when the file in it is not.
docker_config=${DOCKER_CONFIG:-/root/.docker}
if [ -f "$docker_config/config.json" ]; then
  unprivileged mkdir -p "$home/docker"
  give "$docker_config/config.json" "$home/docker/config.json"
  export DOCKER_CONFIG="$home/docker"
fi

# give_file FILE NAME: prints where a copy is; false when there is no such file or the user can read it anyway.
give_file() {
  if [ ! -f "$1" ] || unprivileged test -r "$1"; then return 1; fi
  unprivileged mkdir -p "$home/git"
  give "$1" "$home/git/$2"
  echo "$home/git/$2"
}

if copy=$(give_file "${MYSYSCONFIG_GIT_TOKEN_FILE:-}" token); then export MYSYSCONFIG_GIT_TOKEN_FILE="$copy"; fi
if copy=$(give_file "${MYSYSCONFIG_GIT_SSH_KEY:-}" key); then export MYSYSCONFIG_GIT_SSH_KEY="$copy"; fi
if copy=$(give_file "${MYSYSCONFIG_GIT_KNOWN_HOSTS:-}" known_hosts); then export MYSYSCONFIG_GIT_KNOWN_HOSTS="$copy"; fi
if copy=$(give_file "${MYSYSCONFIG_GIT_CA:-}" ca.pem); then export MYSYSCONFIG_GIT_CA="$copy"; fi
if copy=$(give_file "${MYSYSCONFIG_REGISTRY_CA:-}" registry-ca.pem); then export MYSYSCONFIG_REGISTRY_CA="$copy"; fi

umask 022
# $bounding is empty or one word, $flags are words without spaces in them.
# shellcheck disable=SC2086
exec setpriv --reuid "$uid" --regid "$uid" "$groups" --no-new-privs --inh-caps=-all --ambient-caps=-all $bounding \
  node $flags "$program" "$@"
