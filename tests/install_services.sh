#!/usr/bin/env bash
# PostgreSQL and a headless Chromium for the tests, from Debian's packages; nothing where they stand already.
set -euo pipefail

missing=()
compgen -G '/usr/lib/postgresql/*/bin/pg_ctl' >/dev/null || command -v pg_ctl >/dev/null || missing+=(postgresql)
command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || missing+=(chromium-headless-shell fonts-dejavu-core)
((${#missing[@]})) || exit 0

echo "==> Installing ${missing[*]} for the tests (once)"
install=(apt-get install --yes --no-install-recommends -qq)
root=()
((EUID == 0)) || root=(sudo --non-interactive)
if ! command -v apt-get >/dev/null || ! "${root[@]}" true 2>/dev/null; then
  echo "The tests need ${missing[*]}: install them with your system's packages, then run make again." >&2
  exit 2
fi
# Debian would start a server of its own; the tests start theirs.
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get update -qq
if [[ " ${missing[*]} " == *" postgresql "* ]]; then
  "${root[@]}" "${install[@]}" postgresql-common >/dev/null
  "${root[@]}" sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
fi
"${root[@]}" "${install[@]}" "${missing[@]}" >/dev/null
