#!/bin/sh
# Fills the compile cache while the image is built, as the user that the entrypoint changes to, and then takes the
# right to change it away.
set -eu
uid=65534
here=/usr/local/lib/mysysconfig
mkdir -p "$NODE_COMPILE_CACHE"
chown "$uid:$uid" "$NODE_COMPILE_CACHE"
unprivileged() {
  setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
}
unprivileged node "$here/warm-cache.mjs" "$here/mysysconfig.cjs"
unprivileged node "$here/mysysconfig.cjs" --version
if [ -z "$(find "$NODE_COMPILE_CACHE" -type f -name 'mysysconfig-*')" ]; then
  echo "the compile cache is empty: the program did not run" >&2
  exit 1
fi
chown -R 0:0 "$NODE_COMPILE_CACHE"
chmod -R a+rX,go-w "$NODE_COMPILE_CACHE"
