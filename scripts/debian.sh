#!/usr/bin/env bash
# Installs the Debian packages a step needs, those that are missing only. Usage: scripts/debian.sh GROUP...
# Works as root and with sudo. Elsewhere than on Debian and Ubuntu it says what is needed and goes on.
set -euo pipefail

packages=()
for group in "$@"; do
    case "$group" in
        python) packages+=(python3-venv) ;;
        stage) packages+=(git) ;;
        qgis) packages+=(qgis python3-qgis qgis-providers fonts-dejavu-core) ;;
        tests) packages+=(python3-venv tzdata xvfb xauth xdotool imagemagick poppler-utils postgresql-postgis) ;;
        chroot) packages+=(debootstrap) ;;
        *) echo "scripts/debian.sh: unknown group '$group'" >&2; exit 2 ;;
    esac
done

if ! command -v apt-get >/dev/null; then
    echo "No apt-get here. Needed from elsewhere: ${packages[*]}" >&2
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=(env)
if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || { echo "Run this as root, or install sudo: missing ${missing[*]}" >&2; exit 1; }
    as_root=(sudo env)
fi
apt=("${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)

echo "Installing ${missing[*]}"
install=("${apt[@]}" install -y --no-install-recommends "${missing[@]}")
if ! "${install[@]}" >/dev/null 2>&1; then # the lists of packages may be missing or old
    "${apt[@]}" update
    "${install[@]}" >/dev/null
fi
