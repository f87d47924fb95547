#!/usr/bin/env bash
# Makes the virtual environment of the peers with the versions of peers/requirements.txt; one that has them is left as it is.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: tools/bench/environment.sh [FOLDER]
  FOLDER  where it is made (default: build/bench/venv); 7 GB. One that is there with other versions is replaced;
          a folder that is no such environment is refused (73).
TEXT
}

case "${1:-}" in
-h | --help) usage && exit 0 ;;
-*) usage >&2 && exit 2 ;;
esac

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../../build/bench/venv}
pins=$here/peers/requirements.txt
made=$folder/requirements.txt # written last: an environment without it was interrupted

if cmp -s "$pins" "$made"; then exit 0; fi
if [ -e "$folder" ] && [ ! -e "$folder/pyvenv.cfg" ]; then
  echo "environment: $folder is there and is no virtual environment: name another folder, or remove it" >&2
  exit 73
fi
echo "environment: installing the peers into $folder: about 7 GB, minutes" >&2
python3 -m venv --clear "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -r "$pins" >&2
cp "$pins" "$made"
