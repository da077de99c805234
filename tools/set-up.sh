#!/bin/sh
# Makes the checkout ready: installs the locked packages, Node 24 among them, unless they stand already.
# Skipped while the hash of package-lock.json is the one that was installed, so a second run costs nothing.
set -eu
cd "$(dirname "$0")/.."
hash=$(cksum package-lock.json | cut -d' ' -f1,2)
marker=node_modules/.millrace-set-up
if [ -f "$marker" ] && [ "$(cat "$marker")" = "$hash" ] && [ -x node_modules/.bin/node ]; then exit 0; fi
if [ -L node_modules ]; then
  echo "millrace: node_modules is a link; npm would empty the folder that it leads to. Remove the link and try again." >&2
  exit 2
fi
echo "millrace: installing the locked packages (once) ..." >&2
# No install scripts run: nothing here needs one. npm's engine warnings speak of the Node that runs npm, not of ours.
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
if [ ! -x node_modules/.bin/node ]; then
  echo "millrace: npm did not install Node 24 for this machine ($(uname -sm)). Put Node 24 on PATH and try again." >&2
  command -v node >/dev/null 2>&1 || exit 2
  case $(node --version) in v2[4-9].*|v[3-9][0-9].*) ln -s "$(command -v node)" node_modules/.bin/node ;; *) exit 2 ;; esac
fi
echo "$hash" > "$marker"
