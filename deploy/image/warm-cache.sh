#!/bin/sh
# Fills Node's compile cache while the image is built, as the user that the entrypoint changes to, and then takes the
# right to change it away.
set -eu
uid=65534
mkdir -p "$NODE_COMPILE_CACHE"
chown "$uid:$uid" "$NODE_COMPILE_CACHE"
# A plan without an Engine goes through nearly all of the program and then fails, as it should.
setpriv --reuid "$uid" --regid "$uid" --clear-groups \
  env DOCKER_HOST=unix:///nonexistent HOME=/nonexistent \
  node /usr/local/lib/mysysconfig/mysysconfig.cjs plan >/dev/null 2>&1 || true
setpriv --reuid "$uid" --regid "$uid" --clear-groups node /usr/local/lib/mysysconfig/mysysconfig.cjs --version
if [ -z "$(find "$NODE_COMPILE_CACHE" -type f)" ]; then
  echo "the compile cache is empty: the program did not run" >&2
  exit 1
fi
chown -R 0:0 "$NODE_COMPILE_CACHE"
chmod -R a+rX,go-w "$NODE_COMPILE_CACHE"
