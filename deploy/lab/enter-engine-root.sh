#!/bin/sh
# The first process of a private Engine's namespaces (mount, network, pid, ipc, host name): it makes the Engine's
# folder the root and then only collects ended processes. When it dies, the kernel ends everything inside: the
# Engine, its containers, their mounts and their network.
# usage: enter-engine-root.sh ROOT SHARED-DIR DATA-DIR NAME
set -eu
root=$1 shared=$2 data=$3 name=$4

mount --make-rprivate /
ip link set lo up
# The old /proc still shows the pid that the machine knows this process by.
read -r pid _ </proc/self/stat

mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
for folder in run tmp etc/docker; do mount -t tmpfs tmpfs "$root/$folder"; done
mount --bind "$data" "$root/var/lib/docker"
# The shared folder has the same path inside and outside, so that "-v PATH:…" means the same on both sides.
mkdir -p "$root$shared"
mount --bind "$shared" "$root$shared"
cd "$root"
# A chroot would do for the Engine, but not for importing images.
pivot_root . oldroot
/bin/busybox umount -l /oldroot
/bin/busybox hostname "$name"
echo "ready $pid"
exec /bin/busybox sh -c 'while :; do busybox sleep 3600 & wait; done'
