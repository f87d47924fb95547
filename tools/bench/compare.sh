#!/usr/bin/env bash
# Whole jobs against their peers, side by side in one run: builds, makes the peers' environment, measures; --help says how.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
compare=(python3 "$here/compare/compare.py")
case " $* " in
*" --help "* | *" -h "* | *" --list "*) exec "${compare[@]}" "$@" ;;
esac
environment=$("${compare[@]}" --check "$@") # wrong arguments end here, before anything is built
cd "$here/../.."
tools/setup.sh bench
cmake --preset release >/dev/null
cmake --build --preset release --target ingot
tools/bench/environment.sh "$environment"
cd "$OLDPWD"
exec "${compare[@]}" "$@"
