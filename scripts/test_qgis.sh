#!/usr/bin/env bash
# Runs the tests that need QGIS in a chroot with another Debian: trixie has QGIS 3.40 on Python 3.13.
# Usage: scripts/test_qgis.sh SUITE. The chroot stays in build/chroot-SUITE and makes the second run quick. It works
# on a copy of the checkout with a build/ of its own, so nothing mixes with the environments of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

export PATH=$PATH:/usr/sbin:/sbin # debootstrap and chroot stand there
suite=$1
mkdir -p build # by who calls this, also where the rest is made by root
if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || { echo "A chroot needs root: run this as root, or install sudo." >&2; exit 1; }
    exec sudo --preserve-env "$PWD/scripts/test_qgis.sh" "$suite"
fi

checkout=$PWD
root=$checkout/build/chroot-$suite
inside=/home/optiway
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

if [[ ! -f $root/.bootstrapped ]]; then
    echo "Bootstrapping Debian $suite in build/chroot-$suite"
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=ca-certificates,make "$suite" "$root" "$mirror" >"$root.log" \
        || { tail -n 20 "$root.log" >&2; exit 1; }
    # Processes started by packages have no business in a chroot.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    touch "$root/.bootstrapped"
fi

# The network as this machine reaches it: names, proxies, certificates, pip's settings.
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
apt-config dump | grep -E '^Acquire::(http|https|Check)' >"$root/etc/apt/apt.conf.d/90from-host" || true
network=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1)
while IFS='=' read -r name value; do
    case "$name" in
        *_proxy | *_PROXY | PIP_* | CI) network+=("$name=$value") ;;
        SSL_CERT_FILE | REQUESTS_CA_BUNDLE | CURL_CA_BUNDLE) network+=("$name=$value") ;;
    esac
    if [[ $name =~ (CERT|CA_BUNDLE) && -f $value ]]; then
        install -D -m 644 "$value" "$root$value"
    fi
done < <(env)

# A copy of what git tracks or would track, in a repository of its own: staging asks git.
copy=$root$inside/checkout
mkdir -p "$copy/build"
find "$copy" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
git -c safe.directory='*' ls-files -z --cached --others --exclude-standard --deduplicate \
    | xargs -0 sh -c 'for file; do [ -f "$file" ] && printf "%s\0" "$file"; done' sh \
    | tar --null -T - -c | tar -x -C "$copy" --no-same-owner
git init -q "$copy"

mounted=()
unmount() {
    for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do
        umount "${mounted[$i]}" || umount --lazy "${mounted[$i]}"
    done
}
trap unmount EXIT

into() { # what, where inside, options
    mkdir -p "$root$2"
    mount "${@:3}" "$1" "$root$2"
    mounted+=("$root$2")
}
into proc /proc -t proc
into /dev /dev --bind
into devpts /dev/pts -t devpts
into shm /dev/shm -t tmpfs
if [[ -d $checkout/../shared ]]; then
    into "$checkout/../shared" "$inside/shared" --bind -o ro
fi

env -i "${network[@]}" chroot "$root" make --no-print-directory -C "$inside/checkout" test-in-qgis
